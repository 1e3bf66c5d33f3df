SELECT cluster, shards_by FROM cluster_layout

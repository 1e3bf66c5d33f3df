package chd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// clusterPort is what a shard and the engine must agree on for the shard to be the engine itself. Nothing listens there.
const clusterPort = 9000

// withClusters adds clusters of this engine alone to its configuration.
func withClusters(config string, clusters map[string]int) string {
	if len(clusters) == 0 {
		return config
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\t<tcp_port>%d</tcp_port>\n\t<remote_servers>\n", clusterPort)
	for _, name := range slices.Sorted(maps.Keys(clusters)) {
		shard := fmt.Sprintf("<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>%d</port></replica></shard>", clusterPort)
		fmt.Fprintf(&b, "\t\t<%s>%s</%s>\n", name, strings.Repeat(shard, clusters[name]), name)
	}
	b.WriteString("\t</remote_servers>\n</clickhouse>\n")
	return strings.TrimSuffix(config, "</clickhouse>\n") + b.String()
}

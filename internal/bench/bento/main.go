// Command bento is the peer that Vitrine is measured against: bento with the components that the benchmark's
// configurations use, and no others. It is a module of its own, so that the product doesn't depend on it.
package main

import (
	"context"

	_ "github.com/ClickHouse/clickhouse-go/v2" // the driver that sql_insert uses
	"github.com/warpstreamlabs/bento/public/service"

	_ "github.com/warpstreamlabs/bento/public/components/io"
	_ "github.com/warpstreamlabs/bento/public/components/nats"
	_ "github.com/warpstreamlabs/bento/public/components/pure"
	_ "github.com/warpstreamlabs/bento/public/components/sql/base"
)

func main() { service.RunCLI(context.Background()) }

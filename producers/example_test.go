package producers_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

// serve makes the examples runnable: it starts a server with the streams.
func serve() (url string, stop func()) {
	t, stop := testkit.Example()
	return testkit.Streams(t).Conn().ConnectedUrl(), stop
}

func TestTheCommentsExampleRuns(t *testing.T) { testkit.Documented(t, "doc.go", "example_test.go") }

func Example() {
	url, stop := serve()
	defer stop()
	ctx := context.Background()

	p, _ := producers.New(producers.Config{URL: url})
	_ = p.Connect(ctx)
	defer p.Close()
	event, _ := schemas.NewEvent("atelier-nord", "", time.Now(), schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
	receipt, err := p.Publish(ctx, event)

	fmt.Println(receipt.Stream, receipt.Seq, err)
	// Output: VITRINE_EVENTS 1 <nil>
}

// Many events are sent together; what is wrong with one of them doesn't keep the others.
func ExamplePublisher_PublishAll() {
	url, stop := serve()
	defer stop()
	ctx := context.Background()
	p, _ := producers.New(producers.Config{URL: url})
	_ = p.Connect(ctx)
	defer p.Close()

	lamp, _ := schemas.NewEvent("atelier-nord", "", time.Now(), schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
	stool, _ := schemas.NewEvent("atelier-nord", "", time.Now(), schemas.ProjectPublished{Project: "tabouret-02", Licence: "all mine"})
	totals, err := p.PublishAll(ctx, slices.Values([]*schemas.Event{lamp, stool}), producers.Options{OnResult: func(i int, _ producers.Receipt, err error) {
		if err != nil {
			fmt.Println("event", i, "is refused")
		}
	}})

	fmt.Println(totals.Accepted, totals.Refused, err)
	// Output:
	// event 1 is refused
	// 1 1 <nil>
}

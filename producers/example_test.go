package producers_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/schemas"
)

// serve makes the example runnable: it starts a server with the streams.
func serve() (url string, stop func()) {
	t := &exampleTB{}
	url = testkit.NATS(t)
	p, err := producers.New(producers.Config{URL: url})
	if err == nil {
		err = p.Connect(context.Background())
	}
	if err == nil {
		err = p.EnsureStreams(context.Background())
	}
	if err != nil {
		panic(err)
	}
	return url, func() { _ = p.Close(); t.stop() }
}

// exampleTB is what testkit needs of a test; examples have none.
type exampleTB struct {
	testing.TB
	cleanups []func()
}

func (*exampleTB) Helper()                   {}
func (*exampleTB) Failed() bool              { return false }
func (*exampleTB) Logf(string, ...any)       {}
func (t *exampleTB) Cleanup(f func())        { t.cleanups = append(t.cleanups, f) }
func (*exampleTB) Fatalf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (*exampleTB) Errorf(f string, a ...any) { panic(fmt.Sprintf(f, a...)) }
func (t *exampleTB) stop() {
	for _, f := range t.cleanups {
		f()
	}
}

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

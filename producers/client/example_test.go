package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"vitrine/internal/testkit"
	"vitrine/producers"
	"vitrine/producers/client"
	"vitrine/producers/gateway"
	"vitrine/schemas"
)

// serveGateway makes the examples runnable: it starts a gateway, which knows one token.
func serveGateway() (url, token string, stop func()) {
	t, end := testkit.Example()
	p, err := producers.New(producers.Config{URL: testkit.Streams(t).Conn().ConnectedUrl()})
	if err == nil {
		err = p.Connect(context.Background())
	}
	if err != nil {
		panic(err)
	}
	g, err := gateway.New(gateway.Config{Publisher: p, Authenticator: one{}})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(g.Handler())
	return server.URL, "secret", func() { server.Close(); _ = p.Close(); end() }
}

func TestTheCommentsExampleRuns(t *testing.T) { testkit.Documented(t, "doc.go", "example_test.go") }

func Example() {
	url, token, stop := serveGateway()
	defer stop()
	ctx := context.Background()

	c, _ := client.New(client.Config{URL: url, Token: token})
	defer c.Close()
	event, _ := schemas.NewEvent("atelier-nord", "", time.Now(), schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
	err := c.Publish(ctx, event)
	fmt.Println("accepted:", err == nil)

	// Output: accepted: true
}

// The errors say what to do next.
func ExampleClient_Publish() {
	url, token, stop := serveGateway()
	defer stop()
	c, _ := client.New(client.Config{URL: url, Token: token, Language: "en"})
	defer c.Close()

	event, _ := schemas.NewEvent("atelier-sud", "", time.Now(), schemas.ProjectPublished{Project: "lampe-01", Licence: "cc_by"})
	var wrong *client.RejectedError
	var away *producers.UnavailableError
	switch err := c.Publish(context.Background(), event); {
	case errors.As(err, &wrong):
		fmt.Println("correct the event's", wrong.Field)
	case errors.As(err, &away):
		fmt.Println("send it again later")
	}
	// Output: correct the event's source
}

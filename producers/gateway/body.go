package gateway

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"

	"vitrine/producers"
	"vitrine/schemas"
)

// mediaJSON is taken for one event or a list by its shape.
const mediaJSON = "application/json"

// eventMedia are what POST /v1/events takes.
const eventMedia = schemas.ContentTypeEvent + ", " + schemas.ContentTypeBatch + ", " + mediaJSON

// errInflated says that a body became larger than it may.
var errInflated = errors.New("the inflated body is too large")

// body gives a request's body inflated, at most limit bytes of it: what lies beyond is an error. That the
// body as it is sent is bounded as well is [Gateway.slot]'s business.
func body(r *http.Request, limit int64) (io.Reader, error) {
	switch encoding := strings.ToLower(strings.TrimSpace(r.Header.Get("Content-Encoding"))); encoding {
	case "", "identity":
		return &bounded{r: r.Body, left: limit}, nil
	case "gzip", "x-gzip":
		inflated, err := gzip.NewReader(r.Body)
		if err != nil {
			return nil, readFault(err, limit)
		}
		return &bounded{r: inflated, left: limit}, nil
	default:
		f := unsupported("Content-Encoding", "gzip")
		f.Code = "unsupported_encoding"
		return nil, f
	}
}

// bounded fails when more than left bytes come.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, errInflated
	}
	return n, err
}

// readFault says why a body can't be read.
func readFault(err error, limit int64) error {
	var wire *http.MaxBytesError
	var deflated flate.CorruptInputError
	switch {
	case errors.As(err, &wire), errors.Is(err, errInflated):
		return tooLarge(limit)
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum), errors.As(err, &deflated), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return badRequest("unreadable_body", "le corps de la requête est incomplet, ou n'est pas du gzip valable", "the request's body is cut short, or isn't valid gzip")
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Fault{Status: http.StatusRequestTimeout, Code: "slow_body", Err: err, Detail: schemas.Text{
			FR: "le corps de la requête met trop de temps à arriver ; envoyez de plus petits lots", EN: "the request's body takes too long to arrive; send smaller batches"}}
	}
	f := badRequest("unreadable_body", "le corps de la requête n'a pas pu être lu", "the request's body couldn't be read")
	f.Err = err
	return f
}

// mediaType is a request's, of those that it may be.
func mediaType(r *http.Request, expected string) (string, map[string]string, error) {
	header := r.Header.Get("Content-Type")
	media, parameters, err := mime.ParseMediaType(header)
	if err != nil {
		return "", nil, unsupported("Content-Type", expected)
	}
	if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && strings.HasSuffix(media, "json") {
		return "", nil, unsupported("charset", "utf-8")
	}
	return media, parameters, nil
}

// readBatch reads the events of a request's body. Whether each is a valid event is the door's business.
func readBatch(r *http.Request, maxBody int64, maxBatch int) (Batch, error) {
	media, _, err := mediaType(r, eventMedia)
	if err != nil {
		return Batch{}, err
	}
	if media != schemas.ContentTypeEvent && media != schemas.ContentTypeBatch && media != mediaJSON {
		return Batch{}, unsupported("Content-Type", eventMedia)
	}
	in, err := body(r, maxBody)
	if err != nil {
		return Batch{}, err
	}
	raw, err := io.ReadAll(in)
	if err != nil {
		return Batch{}, readFault(err, maxBody)
	}
	return parseBatch(media, raw, maxBatch)
}

// parseBatch splits a body by its media type, or by its shape.
func parseBatch(media string, raw []byte, maxBatch int) (Batch, error) {
	raw = bytes.TrimSpace(bytes.TrimPrefix(raw, []byte("\ufeff"))) // Windows tools put one there
	isList := len(raw) > 0 && raw[0] == '['
	switch {
	case len(raw) == 0:
		return Batch{}, badRequest("empty", "le corps de la requête est vide : un événement ou une liste est attendu", "the request's body is empty: an event or a list is expected")
	case media == schemas.ContentTypeBatch && !isList:
		return Batch{}, badRequest("not_a_list", "une liste JSON d'événements est attendue ("+media+")", "a JSON array of events is expected ("+media+")")
	case media == schemas.ContentTypeEvent && isList:
		return Batch{}, badRequest("not_an_event", "un seul événement est attendu ("+media+") ; pour une liste : "+schemas.ContentTypeBatch,
			"one event is expected ("+media+"); for a list: "+schemas.ContentTypeBatch)
	case !isList:
		if !json.Valid(raw) {
			return Batch{}, badRequest("not_json", "le corps de la requête n'est pas du JSON lisible", "the request's body isn't readable JSON")
		}
		return Batch{Raws: [][]byte{raw}}, nil
	}
	out := Batch{List: true}
	for item, err := range producers.ReadEvents(bytes.NewReader(raw)) {
		var syntax *producers.SyntaxError
		if errors.As(err, &syntax) {
			return Batch{}, badRequest("not_json", fmt.Sprintf("liste illisible, %s", syntax.In(schemas.French)), fmt.Sprintf("unreadable list, %s", syntax.In(schemas.English)))
		}
		if err != nil {
			return Batch{}, err
		}
		if len(out.Raws) == maxBatch {
			return Batch{}, tooMany(maxBatch)
		}
		out.Raws = append(out.Raws, item.Raw)
	}
	return out, nil
}

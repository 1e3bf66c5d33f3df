package gateway

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"strconv"

	"vitrine/schemas"
)

// problemType begins the type of every problem; the code follows.
const problemType = "https://vitrine.example.org/problems/"

// problem is an error as it is answered: application/problem+json (RFC 9457).
type problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	// RequestID is what to name when asking for help.
	RequestID string `json:"request_id"`
	// Accepted is how many events are stored nevertheless, AcceptedIndexes which; Resend are those that
	// nobody knows of.
	Accepted        *int           `json:"accepted,omitempty"`
	AcceptedIndexes []int          `json:"accepted_indexes,omitempty"`
	Resend          []int          `json:"resend,omitempty"`
	Rejected        []rejectedItem `json:"rejected,omitempty"`
	Errors          []fieldError   `json:"errors,omitempty"`
	Rows            []rowError     `json:"row_errors,omitempty"`
}

// titles are the problems' names by status.
func titles() map[int]schemas.Text {
	return map[int]schemas.Text{
		http.StatusBadRequest:            {FR: "Requête illisible", EN: "Unreadable request"},
		http.StatusUnauthorized:          {FR: "Identification nécessaire", EN: "Authentication needed"},
		http.StatusForbidden:             {FR: "Non autorisé", EN: "Not allowed"},
		http.StatusNotFound:              {FR: "Introuvable", EN: "Not found"},
		http.StatusMethodNotAllowed:      {FR: "Méthode non admise", EN: "Method not allowed"},
		http.StatusRequestTimeout:        {FR: "Requête trop lente", EN: "Request too slow"},
		http.StatusConflict:              {FR: "Déjà fait, ou pas encore possible", EN: "Done already, or not possible yet"},
		http.StatusRequestEntityTooLarge: {FR: "Requête trop volumineuse", EN: "Request too large"},
		http.StatusUnsupportedMediaType:  {FR: "Format non pris en charge", EN: "Format not supported"},
		http.StatusUnprocessableEntity:   {FR: "Contenu à corriger", EN: "Content to correct"},
		http.StatusTooManyRequests:       {FR: "Trop de requêtes", EN: "Too many requests"},
		http.StatusInternalServerError:   {FR: "Erreur interne", EN: "Internal error"},
		http.StatusNotImplemented:        {FR: "Service non rendu", EN: "Not served"},
		http.StatusServiceUnavailable:    {FR: "Momentanément indisponible", EN: "Unavailable for now"},
	}
}

// encodeError answers with a problem; it is go-kit's ErrorEncoder.
func (g *Gateway) encodeError(ctx context.Context, err error, w http.ResponseWriter) {
	f, c := faultOf(err), callOf(ctx)
	c.fault = f
	g.metrics.refused.With("reason", f.Code).Add(1)
	p := problem{Type: problemType + f.Code, Title: titles()[f.Status].In(c.lang), Status: f.Status, Detail: f.Detail.In(c.lang), RequestID: c.id}
	if d := f.Delivery; d != nil {
		n := len(d.Accepted)
		p.Accepted, p.AcceptedIndexes, p.Resend = &n, d.Accepted, d.Unconfirmed
		p.Rejected, p.Errors = d.rejected(c.lang), d.fieldErrors(c.lang)
	}
	if f.Rows != nil {
		p.Rows = rowErrors(f.Rows, c.lang)
	}
	header := w.Header()
	if f.RetryAfter > 0 {
		header.Set("Retry-After", strconv.Itoa(int(math.Ceil(f.RetryAfter.Seconds()))))
	}
	if f.Challenge != "" {
		header.Set("WWW-Authenticate", f.Challenge)
	}
	if f.Allow != "" {
		header.Set("Allow", f.Allow)
	}
	if f.Code == "unsupported_encoding" {
		header.Set("Accept-Encoding", "gzip, identity") // RFC 9110, 15.5.16
	}
	writeJSON(w, c.lang, f.Status, "application/problem+json", p)
}

// writeJSON answers with v. What a client that has gone doesn't read is nobody's error.
func writeJSON(w http.ResponseWriter, lang schemas.Lang, status int, mediaType string, v any) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Language", string(lang))
	w.Header().Add("Vary", "Accept-Language")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

package gateway

import (
	"errors"
	"io"
	"maps"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"vitrine/schemas"
)

// fileMedia is what POST /v1/imports takes.
const fileMedia = "multipart/form-data, text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet, application/octet-stream"

// maxFileName bounds the name that a file is sent with, in bytes.
const maxFileName = 200

// readFile takes the file from a request: the body itself, or the first part of a form that is a file.
// Its content isn't read yet.
func readFile(r *http.Request, maxBody int64) (File, error) {
	media, parameters, err := mediaType(r, fileMedia)
	if err != nil {
		return File{}, err
	}
	q := r.URL.Query()
	if err := knownParameters(q); err != nil {
		return File{}, err
	}
	f := File{Name: q.Get("name"), ImportOptions: ImportOptions{Kind: q.Get("kind"), MediaType: media}}
	for name, value := range map[string]*bool{"dry_run": &f.DryRun, "partial": &f.Partial, "retract": &f.Retract} {
		if *value, err = flag(q.Get(name)); err != nil {
			return File{}, badRequest("bad_parameter", name+" : attendu 0 ou 1", name+": expected 0 or 1")
		}
	}
	if _, known := schemas.KindByName(f.Kind); f.Kind != "" && !known {
		return File{}, badRequest("bad_parameter", "kind : attendu un type d'événement, par exemple training.held", "kind: expected a kind of event, such as training.held")
	}
	in, err := body(r, maxBody)
	if err != nil {
		return File{}, err
	}
	var form *multipart.Reader
	switch media {
	case "multipart/form-data":
		form = multipart.NewReader(in, parameters["boundary"])
		part, err := filePart(form, maxBody)
		if err != nil {
			return File{}, err
		}
		f.Body, f.MediaType = part, part.Header.Get("Content-Type")
		if f.Name == "" {
			f.Name = part.FileName() // its last element alone
		}
		if t, _, err := mime.ParseMediaType(f.MediaType); err == nil {
			f.MediaType = t
		}
	case "text/csv", "text/plain", "application/vnd.ms-excel", "application/octet-stream",
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet":
		f.Body = in
	default:
		return File{}, unsupported("Content-Type", fileMedia)
	}
	if len(f.Name) > maxFileName {
		return File{}, badRequest("bad_parameter", "nom de fichier trop long", "the file's name is too long")
	}
	f.Body = &faulty{f.Body, maxBody}
	if form != nil {
		f.Body = &onlyFile{f.Body, form}
	}
	return f, nil
}

// knownParameters refuses a parameter that there isn't: a mistyped dry_run would send the file, and a mistyped retract would leave what is gone.
func knownParameters(q url.Values) error {
	known := []string{"dry_run", "kind", "name", "partial", "retract"}
	for _, name := range slices.Sorted(maps.Keys(q)) {
		if !slices.Contains(known, name) {
			list, name := strings.Join(known, ", "), strconv.Quote(schemas.Redact(name[:min(len(name), 40)]))
			return badRequest("bad_parameter", "paramètre inconnu "+name+" ; il y a : "+list, "unknown parameter "+name+"; there are "+list)
		}
	}
	return nil
}

// filePart is the next part of a form with a file name.
func filePart(form *multipart.Reader, maxBody int64) (*multipart.Part, error) {
	for {
		part, err := form.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, badRequest("no_file", "le formulaire ne contient aucun fichier", "the form holds no file")
		case err != nil:
			return nil, readFault(err, maxBody)
		case part.FileName() != "":
			return part, nil
		}
	}
}

// onlyFile is a form's file, which fails at its end where another one follows: who sends two would hear that their
// rows are accepted, and one of them would be nowhere.
type onlyFile struct {
	file io.Reader
	form *multipart.Reader
}

func (o *onlyFile) Read(p []byte) (int, error) {
	n, err := o.file.Read(p)
	if errors.Is(err, io.EOF) {
		if another, _ := filePart(o.form, 0); another != nil {
			return n, badRequest("several_files", "le formulaire contient plusieurs fichiers : envoyez-les un par un", "the form holds several files: send them one by one")
		}
	}
	return n, err
}

// faulty turns what a body's reading fails with into what is answered.
type faulty struct {
	r     io.Reader
	limit int64
}

func (f *faulty) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = readFault(err, f.limit)
	}
	return n, err
}

func flag(s string) (bool, error) {
	if s == "" {
		return false, nil
	}
	return strconv.ParseBool(s)
}

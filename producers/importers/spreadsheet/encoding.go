package spreadsheet

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"vitrine/schemas"
)

// decodeText reads a text file's bytes. Without a mark they are UTF-8 if they can be; else what
// spreadsheet programs write in France: Windows-1252, or the Macintosh's own if that gives more French letters.
func decodeText(raw []byte) (text string, note *schemas.Text, err error) {
	var from encoding.Encoding
	name := ""
	switch {
	case bytes.HasPrefix(raw, []byte{0xef, 0xbb, 0xbf}):
		raw = raw[3:]
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}):
		from, name = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM), "UTF-16"
	case bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		from, name = unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM), "UTF-16"
	}
	if from == nil && !utf8.Valid(raw) {
		from, name = charmap.Windows1252, "Windows-1252"
		if french(raw, charmap.Macintosh) > french(raw, charmap.Windows1252) {
			from, name = charmap.Macintosh, "Mac OS Roman"
		}
	}
	if from == nil {
		return string(raw), nil, nil
	}
	decoded, err := from.NewDecoder().Bytes(raw)
	if err != nil {
		return "", nil, err
	}
	return string(decoded), &schemas.Text{FR: "texte lu en " + name + " : vérifiez les accents", EN: "text read as " + name + ": check the accents"}, nil
}

// french counts the signs of French beyond ASCII that bytes give in a character set, and takes off those that no French text has.
func french(raw []byte, set *charmap.Charmap) int {
	n := 0
	for _, b := range raw {
		if b < 0x80 {
			continue
		}
		if strings.ContainsRune("éèêëàâçîïôùûüœÉÈÊÀÂÇÎÔ’«»°€\u00a0²", set.DecodeByte(b)) {
			n++
		} else {
			n--
		}
	}
	return n
}

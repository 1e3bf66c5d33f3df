package schemas

import (
	"errors"
	"testing"
)

func TestMessagesAreSentencesOfTheirLanguage(t *testing.T) {
	one, many := Text{FR: "%d ligne de %s", EN: "%d row of %s"}, Text{FR: "%d lignes de %s", EN: "%d rows of %s"}
	for n, want := range map[int]Text{
		0: {FR: "0 ligne de x", EN: "0 rows of x"}, 1: {FR: "1 ligne de x", EN: "1 row of x"}, 2: {FR: "2 lignes de x", EN: "2 rows of x"},
	} {
		if got := Counted(n, one, many, "x"); got != want {
			t.Errorf("%d: %+v", n, got)
		}
	}
	two := &Invalid{Problems: []Problem{{Code: CodeMissing, Field: "id"}, {Code: CodeMissing}}}
	if fr, en := two.In(French), two.In(English); fr != "id : champ absent (et 1 autre)" || en != "id: missing (and 1 more)" {
		t.Errorf("%s; %s", fr, en)
	}
	_, err := Decode([]byte("{}"), testNow)
	var empty *Invalid
	if !errors.As(err, &empty) || empty.Problems[5].In(French) != "data : champ absent (attendu : les données de l'événement)" {
		t.Errorf("nothing is given: %v", err)
	}
}

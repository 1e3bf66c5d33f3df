package clickhouse

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/ClickHouse/ch-go/proto"
	"pgregory.net/rapid"
)

// What is sent from where it stands is what ch-go's own columns give in one buffer, and can be read again.
func TestColumnsAreSentAsTheLibrarysOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.MapOfN(rapid.String(), rapid.StringN(-1, -1, 300), 0, 5), 1, 20).Draw(t, "rows")
		var (
			known            dictionary
			firsts           texts
			coded            codedTexts
			keys, values     texts
			ends             proto.ColUInt64
			theirFirsts      proto.ColStr
			theirCoded       = proto.NewLowCardinality[string](new(proto.ColStr))
			theirMaps        = proto.NewMap[string, string](new(proto.ColStr), new(proto.ColStr))
			theirArrays      = proto.NewArray[string](new(proto.ColStr))
			theirCodedArrays = proto.NewArray[string](theirCoded)
		)
		for _, row := range rows {
			var pairs []proto.KV[string, string]
			var names []string
			for key, value := range row {
				keys.Append(key)
				values.AppendBytes([]byte(value))
				coded.append(&known, known.number(key))
				pairs = append(pairs, proto.KV[string, string]{Key: key, Value: value})
				names = append(names, key)
			}
			ends.Append(uint64(keys.Rows()))
			firsts.Append(strings.Join(names, ","))
			theirFirsts.Append(strings.Join(names, ","))
			theirMaps.AppendKV(pairs)
			theirArrays.Append(names)
			theirCodedArrays.Append(names)
		}
		ours, err := encodeNative([]proto.InputColumn{
			{Name: "firsts", Data: &firsts}, {Name: "maps", Data: mapsOf(ends, &keys, &values)}, {Name: "arrays", Data: arrays(ends, &keys)},
		})
		if err != nil {
			t.Fatal(err)
		}
		var theirs proto.Buffer
		block := proto.Block{Columns: 3, Rows: len(rows)}
		if err := block.EncodeRawBlock(&theirs, nativeRevision, []proto.InputColumn{
			{Name: "firsts", Data: &theirFirsts}, {Name: "maps", Data: theirMaps}, {Name: "arrays", Data: theirArrays},
		}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := io.ReadAll(ours.open())
			if err != nil || !bytes.Equal(got, theirs.Buf) || int64(len(got)) != ours.size() {
				t.Fatalf("%v: %d bytes %q, said to be %d, want %q", err, len(got), got, ours.size(), theirs.Buf)
			}
		}
		// The library numbers texts in bytes, we in 32 bits: what it reads of ours is the same.
		ours, err = encodeNative([]proto.InputColumn{{Name: "coded", Data: arrays(ends, &coded)}})
		if err != nil {
			t.Fatal(err)
		}
		read := proto.NewArray[string](proto.NewLowCardinality[string](new(proto.ColStr)))
		var header proto.Block
		if err := header.DecodeRawBlock(proto.NewReader(ours.open()), nativeRevision, proto.Results{{Name: "coded", Data: read}}); err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if got, want := strings.Join(read.Row(i), "\n"), strings.Join(theirCodedArrays.Row(i), "\n"); got != want {
				t.Errorf("row %d: %q, want %q", i, got, want)
			}
		}
	})
}

// Texts have the number that they were given first, wherever they stand.
func TestADictionaryKnowsATextWhereverItStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var d dictionary
		numbers := map[string]int32{}
		for _, text := range rapid.SliceOf(rapid.SampledFrom([]string{"", "a", "b", "audience=youth", "audience=adults"})).Draw(t, "texts") {
			if rapid.Bool().Draw(t, "elsewhere") {
				text = strings.Clone(text)
			}
			n := d.number(text)
			if before, known := numbers[text]; known && before != n || d.names[n] != text {
				t.Fatalf("%q is %d, which is %q; it was %d: %v", text, n, d.names[n], before, known)
			}
			numbers[text] = n
		}
		if len(d.names) != len(numbers) {
			t.Errorf("%d names for %d texts", len(d.names), len(numbers))
		}
	})
}

// An element stays where it is, however many come after it.
func TestAPagedListNeverMoves(t *testing.T) {
	var p paged[int]
	for round := range 2 {
		first := p.at(p.add(round))
		for i := 1; i < 3*pageSize+1; i++ {
			if n := p.add(i); n != int32(i) || *p.at(n) != i {
				t.Fatalf("element %d is %d at %d", i, *p.at(n), n)
			}
		}
		if *first = -1; *p.at(0) != -1 || p.n != 3*pageSize+1 {
			t.Errorf("the first is %d of %d", *p.at(0), p.n)
		}
		p.empty()
	}
}

package opendata

import (
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"
)

// Parquet writes a release as a table, with the notice in the file's metadata.
func Parquet(w io.Writer, r *Release) error {
	out := parquet.NewGenericWriter[Row](w, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata("licence", r.Licence.Name+" "+r.Licence.URL),
		parquet.KeyValueMetadata("source_fr", r.Source.FR), parquet.KeyValueMetadata("source_en", r.Source.EN),
		parquet.KeyValueMetadata("publisher", r.Publisher), parquet.KeyValueMetadata("released", day(r.Made)),
		parquet.KeyValueMetadata("masking_fr", r.Masking.FR), parquet.KeyValueMetadata("masking_en", r.Masking.EN),
		parquet.KeyValueMetadata("dictionary", r.Dictionary))
	if _, err := out.Write(Rows(r)); err != nil {
		return fmt.Errorf("open data as Parquet: %w", err)
	}
	if err := out.Close(); err != nil {
		return fmt.Errorf("open data as Parquet: %w", err)
	}
	return nil
}

package showcase

import (
	"cmp"

	"vitrine/internal/pages"
)

// downloads are the open data files as shown.
type downloads struct {
	Files                         []fileRow
	Quarter                       string
	Licence, LicenceHref, Masking string
	Publisher                     string
}

type fileRow struct{ Href, Name, Format, Size string }

type openDataPage struct {
	page
	Downloads downloads
}

func (h *Handler) openDataPage(v visitor, programme *Programme) openDataPage {
	p := openDataPage{page: h.newPage(v, address{path: "/open-data"}, h.texts[v.lang].Must("data.title"))}
	p.stamp(programme)
	p.Downloads = p.texts.downloads(programme.OpenData)
	return p
}

func (t texts) downloads(o *OpenData) downloads {
	if o == nil {
		return downloads{}
	}
	d := downloads{Quarter: o.Quarter, Licence: cmp.Or(o.Licence, outside(o.LicenceURL)), LicenceHref: outside(o.LicenceURL), Masking: o.Masking.in(t.Lang), Publisher: o.Publisher}
	for _, f := range o.Files {
		d.Files = append(d.Files, fileRow{Href: f.Path, Name: f.Format, Format: t.Must("data." + f.Format), Size: t.size(f.Bytes)})
	}
	return d
}

// size is a file's size, in kilobytes: a visitor on a phone wants no more.
func (t texts) size(bytes int) string {
	return t.Lang.Number(float64(max(1, (bytes+500)/1000))) + pages.NBSP + t.Must("data.kilobytes")
}

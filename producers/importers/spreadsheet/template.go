package spreadsheet

import "vitrine/schemas"

const listsSheet = "vitrine_listes"

func readmeSheet(l schemas.Lang) string {
	if l == schemas.French {
		return "Lisez-moi"
	}
	return "Read me"
}

func sheetName(k schemas.Kind, l schemas.Lang) string {
	r := []rune(k.Title.In(l))
	return string(r[:min(len(r), 31)])
}

package opendata

import "vitrine/schemas"

// DefaultNotice is what stands beside the data where nothing else is configured: the French administration's usual licence.
func DefaultNotice() Notice {
	return Notice{
		Publisher: "Vitrine",
		Source: schemas.Text{
			FR: "Vitrine, d'après les déclarations des fab labs aidés",
			EN: "Vitrine, from what the supported fab labs report"},
		Licence: Licence{Name: "Licence Ouverte / Open Licence 2.0 (Etalab)", URL: "https://www.etalab.gouv.fr/licence-ouverte-open-licence"},
		Masking: schemas.Text{
			FR: "Un trimestre de moins de 3 entreprises ou de 5 personnes n'est pas publié seul : il est ajouté au trimestre suivant, jusqu'à ce que l'ensemble atteigne le seuil. " +
				"Les totaux ne comptent que ce qui est publié ; une entreprise venue dans deux fab labs y compte deux fois. Zéro est publié. Les corrections tardives comptent dans le trimestre publié ensuite.",
			EN: "A quarter of fewer than 3 companies or 5 people isn't published by itself: it is added to the next one, until the whole reaches the threshold. " +
				"Totals count only what is published; a company that came to two labs counts twice in them. Zero is published. Late corrections count in the quarter published next."},
		Dictionary: "/open-data",
	}
}

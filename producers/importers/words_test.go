package importers_test

import (
	"slices"
	"testing"

	"vitrine/producers/importers"
	"vitrine/schemas"
)

func TestMachineCategory(t *testing.T) {
	codes := schemas.Taxonomies()["machine_categories"].Codes()
	for name, want := range map[string]string{
		"Découpeuse laser Trotec": "laser_cutter", "Laser cutter": "laser_cutter", "Laser": "laser_cutter", "Scanner laser": "scanner_3d",
		"Imprimante 3D n°2": "printer_3d_fdm", "3D-Printer (Prusa)": "printer_3d_fdm", "Ultimaker": "printer_3d_fdm",
		"Imprimante résine": "printer_3d_resin", "SLA": "printer_3d_resin", "Formlabs Form 3": "printer_3d_resin",
		"Découpe vinyle": "vinyl_cutter", "Vinyl cutter": "vinyl_cutter", "ShopBot": "cnc_mill_large", "Grande fraiseuse": "cnc_mill_large",
		"Fraiseuse de précision": "cnc_mill_small", "Milling machine": "cnc_mill_small", "Poste électronique": "electronics", "Soldering bench": "electronics",
		"Machine à coudre": "textile", "Sewing machine": "textile", "Brodeuse": "textile", "Traceur": "large_format_print", "Large-format printer": "large_format_print",
		"Scie à ruban": "woodworking", "Scie": "woodworking", "Bandsaw": "woodworking", "Tour": "metalworking", "Tour à métaux": "metalworking", "Lathe": "metalworking",
		"Espace sciences": "other", "Détourage": "other", "Table de prestige": "other", "Porte": "other", "": "other",
	} {
		if got := importers.MachineCategory(name); got != want || !slices.Contains(codes, got) {
			t.Errorf("%q is %s, want %s", name, got, want)
		}
	}
}

func TestTrainingTopic(t *testing.T) {
	codes := schemas.Taxonomies()["training_topics"].Codes()
	for title, want := range map[string]string{
		"Sécurité à l'atelier": "safety", "Safety induction": "safety", "Formation de formateurs": "train_the_trainer", "Impression 3D": "machine_3d_printing",
		"3D printing": "machine_3d_printing", "Découpe laser": "machine_laser_vinyl", "Grande fraiseuse": "machine_cnc_large", "CNC milling": "machine_cnc_small",
		"CAO": "software_3d_cad", "CAD with FreeCAD": "software_3d_cad", "Inkscape": "software_2d", "Logiciels 2D": "software_2d", "Robotique": "robotics",
		"Arduino": "electronics_arduino", "Prototypage rapide": "prototyping_method", "Gestion de projet": "project_mgmt_open", "Cadeaux de Noël": "other", "": "other",
	} {
		if got := importers.TrainingTopic(title); got != want || !slices.Contains(codes, got) {
			t.Errorf("%q is %s, want %s", title, got, want)
		}
	}
}

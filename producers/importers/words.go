package importers

// MachineCategory is the category (a code of the taxonomy machine_categories) that a machine's name
// means, in French or English; "other" if no word of it is known.
func MachineCategory(name string) string {
	return Classify(name, []Rule{
		{Words: []string{"scanner"}, Code: "scanner_3d"},
		{Words: []string{"resin", " sla ", "formlabs", "elegoo mars"}, Code: "printer_3d_resin"},
		{Words: []string{"imprimante 3d", "3d print", "impression 3d", "prusa", "ultimaker", "bambu", "fdm"}, Code: "printer_3d_fdm"},
		{Words: []string{"vinyl", "plotter de decoupe"}, Code: "vinyl_cutter"},
		{Words: []string{"laser", "trotec", "epilog"}, Code: "laser_cutter"},
		{Words: []string{"shopbot", "grande fraiseuse", "large cnc", "cnc router", "defonceuse"}, Code: "cnc_mill_large"},
		{Words: []string{"fraiseuse", "cnc", "milling"}, Code: "cnc_mill_small"},
		{Words: []string{"electroni", "soudage", "soldering", "oscilloscope", "circuit"}, Code: "electronics"},
		{Words: []string{"coudre", "brode", "sewing", "embroider", "textile", "surjeteuse"}, Code: "textile"},
		{Words: []string{"traceur", "grand format", "large format"}, Code: "large_format_print"},
		{Words: []string{" scie ", "bois", "rabot", "ponceuse", "wood", "saw "}, Code: "woodworking"},
		{Words: []string{"metal", " tour ", " tig ", "lathe", "welder", "plasma"}, Code: "metalworking"},
	}, "other")
}

// TrainingTopic is the topic (a code of the taxonomy training_topics) that a training's title means,
// in French or English; "other" if no word of it is known.
func TrainingTopic(title string) string {
	return Classify(title, []Rule{
		{Words: []string{"securite", "safety"}, Code: "safety"},
		{Words: []string{"formation de formateur", "fabmanager", "train the trainer"}, Code: "train_the_trainer"},
		{Words: []string{"imprimante 3d", "impression 3d", "3d print"}, Code: "machine_3d_printing"},
		{Words: []string{"laser", "vinyl"}, Code: "machine_laser_vinyl"},
		{Words: []string{"shopbot", "grande fraiseuse", "large cnc"}, Code: "machine_cnc_large"},
		{Words: []string{"fraiseuse", "cnc"}, Code: "machine_cnc_small"},
		{Words: []string{" cao ", " cad ", "modelisation 3d", "fusion", "freecad", "logiciel 3d"}, Code: "software_3d_cad"},
		{Words: []string{"logiciel 2d", "inkscape", "illustrator", " 2d "}, Code: "software_2d"},
		{Words: []string{"robot"}, Code: "robotics"},
		{Words: []string{"arduino", "electroni", "raspberry"}, Code: "electronics_arduino"},
		{Words: []string{"prototyp"}, Code: "prototyping_method"},
		{Words: []string{"gestion de projet", "project management", "open source", "propriete intellectuelle"}, Code: "project_mgmt_open"},
	}, "other")
}

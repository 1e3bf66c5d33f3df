package simulator

import "vitrine/schemas"

// Titles as labs write them. No person is named anywhere, and no outlet exists.

func trainingTitles(topic string) []string {
	switch topic {
	case "machine_3d_printing":
		return []string{"Prise en main de l'imprimante 3D", "Impression 3D : du fichier à la pièce", "Bien préparer son tranchage"}
	case "machine_laser_vinyl":
		return []string{"Habilitation découpeuse laser", "Découpe laser et vinyle : les bons réglages", "Graver sans brûler"}
	case "machine_cnc_small":
		return []string{"Petite fraiseuse : usiner un circuit imprimé", "Fraisage de précision, niveau 1"}
	case "machine_cnc_large":
		return []string{"Grande fraiseuse : sécurité et parcours d'outil", "Fabriquer un meuble à la fraiseuse numérique"}
	case "software_2d":
		return []string{"Dessin vectoriel libre pour la découpe", "Du croquis au tracé : initiation 2D"}
	case "software_3d_cad":
		return []string{"CAO 3D paramétrique : première pièce", "Modéliser une pièce de rechange", "CAO avancée : assemblages et tolérances"}
	case "electronics_arduino":
		return []string{"Initiation à l'électronique et à Arduino", "Capteurs et objets connectés, sans peur", "Soudure : premiers composants"}
	case "robotics":
		return []string{"Robot suiveur de ligne", "Bras robotisé : découverte"}
	case "prototyping_method":
		return []string{"Prototypage rapide pour entreprises", "De l'idée au prototype en deux séances", "Maquettage et essais d'usage"}
	case "project_mgmt_open":
		return []string{"Documenter un projet ouvert", "Licences libres et propriété industrielle"}
	case "safety":
		return []string{"Sécurité à l'atelier", "Gestes et équipements de protection"}
	case "train_the_trainer":
		return []string{"Animer un atelier de fabrication", "Formation de médiateurs numériques"}
	}
	return []string{"Atelier libre encadré"}
}

func trainingTopics() []choice[string] {
	return []choice[string]{{"machine_3d_printing", 20}, {"machine_laser_vinyl", 22}, {"machine_cnc_small", 6}, {"machine_cnc_large", 7},
		{"software_2d", 10}, {"software_3d_cad", 13}, {"electronics_arduino", 9}, {"robotics", 3}, {"prototyping_method", 5},
		{"project_mgmt_open", 2}, {"safety", 4}, {"train_the_trainer", 2}, {"other", 1}}
}

func companyTopics() []choice[string] {
	return []choice[string]{{"prototyping_method", 40}, {"software_3d_cad", 25}, {"machine_cnc_large", 12}, {"machine_laser_vinyl", 12}, {"project_mgmt_open", 11}}
}

func discoveryTitles(kind string) []string {
	switch kind {
	case "open_lab":
		return []string{"Open lab du jeudi soir", "Soirée bidouille et découverte", "Nocturne à l'atelier"}
	case "open_day":
		return []string{"Journée portes ouvertes", "L'atelier ouvre ses portes", "Portes ouvertes : machines en démonstration"}
	case "workshop_intro":
		return []string{"Je fabrique mon premier objet", "Atelier découverte : badge lumineux", "Initiation : une lampe en bois découpé", "Sérigraphie pour débutants"}
	case "holiday_camp":
		return []string{"Stage de vacances : invente ton jeu", "Stage : robots en carton", "Petites mains, grandes idées"}
	case "company_discovery":
		return []string{"Matinale entreprises : prototyper près de chez soi", "Petit-déjeuner « fabriquer autrement »", "Matinale : petites séries et réparabilité", "L'industrie visite l'atelier"}
	case "school_visit":
		return []string{"Visite d'une classe de 4e", "Découverte des machines par des lycéens", "Étudiants en école de design à l'atelier"}
	case "fair_outreach":
		return []string{"Fête de la science : le fab lab hors les murs", "Stand au marché des créateurs", "Salon de l'habitat : fabriquer plutôt qu'acheter"}
	case "hackathon":
		return []string{"48 heures pour réparer la ville", "Marathon créatif : mobilier partagé"}
	case "repair_cafe":
		return []string{"Repair café du samedi", "Répare ton grille-pain !", "Café-réparation et réemploi"}
	case "conference":
		return []string{"Table ronde : relocaliser la fabrication", "Causerie : ce que change l'impression 3D"}
	}
	return []string{"Rencontre à l'atelier"}
}

func mediaTitles() []string {
	return []string{"Au fab lab, on répare, on invente, on partage", "L'atelier où naissent les prototypes du territoire", "Imprimer des pièces introuvables : ils l'ont fait",
		"Des lycéens conçoivent un drone à l'atelier", "Quand l'artisanat rencontre le numérique", "Un an après, le fab lab a trouvé son public",
		"Le fab lab lance une offre pour les entreprises", "La petite série à portée d'atelier", "Réemploi : la matériauthèque prend forme", "Cette fabrique ouverte à tous fête sa millième réservation"}
}

func outlets(scope, medium string) []string {
	switch medium {
	case "radio":
		return []string{"Radio Clocher (fictive)", "Radio Grand Large (fictive)"}
	case "television":
		return []string{"Télé Fabrique (fictive)"}
	case "social_network":
		return []string{"Compte du fab lab"}
	case "newsletter":
		return []string{"Lettre des fabriques partagées (fictive)", "Lettre de la pépinière (fictive)"}
	}
	switch scope {
	case "national":
		return []string{"La Gazette des Ateliers (fictive)", "Le Quotidien du Faire (fictif)"}
	case "international":
		return []string{"The Makers' Courier (fictional)", "Revue européenne des fab labs (fictive)"}
	case "regional":
		return []string{"Le Courrier des Régions (fictif)", "L'Éco des Territoires (fictif)"}
	}
	return []string{"La Feuille du Canton (fictive)", "Bulletin municipal", "L'Écho du Marché (fictif)"}
}

func projectTitles() []string {
	return []string{"Fauteuil roulant d'intérieur réparable", "Ruche connectée en bois local", "Lampe articulée sans vis", "Gabarit de perçage pour menuisiers", "Prothèse de pédale pour vélo adapté",
		"Station météo de cour d'école", "Mobilier de médiathèque à plat", "Boîtier étanche pour capteur marin", "Jeu tactile pour déficients visuels", "Presse à recycler les filaments",
		"Outil de cueillette ergonomique", "Métier à tisser découpé au laser"}
}

func actionTitles(action string) string {
	switch action {
	case "joint_project":
		return "Projet commun : mobilier pour un tiers-lieu"
	case "joint_offer":
		return "Offre commune de prototypage"
	case "fair":
		return "Stand commun au salon des savoir-faire"
	case "working_group":
		return "Groupe de travail « fabriquer localement »"
	case "internship":
		return "Accueil d'un stage d'observation"
	case "loan":
		return "Prêt de machines pour une semaine"
	}
	return "Action commune"
}

// partnerName names an organisation of a type; none of them exists.
func partnerName(l *Lab, partnerType string) string {
	of := " (" + l.Commune + ", fictif)"
	switch partnerType {
	case "school":
		return "Lycée des métiers des Trois-Rives" + of
	case "university":
		return "Institut universitaire des Matériaux" + of
	case "competitiveness_cluster":
		return "Pôle Matières & Usages" + of
	case "chamber_commerce":
		return "Chambre de commerce du Bassin" + of
	case "chamber_trades":
		return "Chambre de métiers du Bassin" + of
	case "incubator":
		return "Pépinière Les Semis" + of
	case "local_authority":
		return "Communauté de communes du Pays voisin" + of
	case "research_org":
		return "Laboratoire des procédés sobres" + of
	case "company":
		return "Ateliers réunis du Faubourg" + of
	case "professional_network":
		return "Fédération des artisans créateurs" + of
	case "lab_network":
		return "Réseau des fabriques partagées" + of
	}
	return "Association Les Bricolées" + of
}

// partnerTypes are a lab's partners in the order in which it finds them: those that the call
// names first.
func partnerTypes() []string {
	return []string{"school", "chamber_commerce", "local_authority", "university", "competitiveness_cluster",
		"association", "chamber_trades", "incubator", "lab_network", "company", "research_org", "professional_network"}
}

func serviceTypes() []choice[string] {
	return []choice[string]{{"prototyping", 34}, {"design", 18}, {"machining", 16}, {"small_series", 9}, {"training", 8}, {"consulting", 8}, {"space_rental", 5}, {"residency", 2}}
}

func nafSections() []choice[string] {
	return []choice[string]{{"C", 34}, {"F", 10}, {"G", 12}, {"J", 12}, {"M", 14}, {"R", 6}, {"S", 6}, {"A", 3}, {"I", 3}}
}

func companySizes() []choice[string] {
	return []choice[string]{{"micro", 56}, {"pme", 37}, {"eti", 6}, {"ge", 1}}
}

func launchedServices() []schemas.ServiceLaunched {
	return []schemas.ServiceLaunched{
		{Service: "proto-48h", ServiceType: "prototyping", Audience: "companies", Title: "Prototype en 48 heures"},
		{Service: "materiautheque", ServiceType: "other", Audience: "general_public", Title: "Matériauthèque de réemploi"},
		{Service: "petite-serie", ServiceType: "small_series", Audience: "companies", Title: "Petites séries à façon"},
		{Service: "residence", ServiceType: "residency", Audience: "companies", Title: "Résidence d'entreprise d'un mois"},
	}
}

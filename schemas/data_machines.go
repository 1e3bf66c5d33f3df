package schemas

import "time"

// MachineUsage is the data of machine.usage; the event's time is the start. A usage that crosses
// local midnight counts on each day for what fell on it.
type MachineUsage struct {
	Machine   string    `json:"machine" v:"required,format=ref" fr:"Machine" en:"Machine"`
	Category  string    `json:"machine_category" v:"required,tax=machine_categories" fr:"Catégorie de machine" en:"Machine category"`
	End       time.Time `json:"end" v:"required" fr:"Fin" en:"End"`
	Origin    string    `json:"origin" v:"required,enum=measured|booked|declared" fr:"Mesure" en:"How it is known"`
	UserType  string    `json:"user_type,omitempty" v:"tax=user_types" fr:"Type d'usager" en:"User type"`
	Companies []Company `json:"companies,omitempty" fr:"Entreprises" en:"Companies"`
}

// MachineAvailability is the data of machine.availability: from the event's time to End the
// machine could be used, but for Downtime.
type MachineAvailability struct {
	Machine  string    `json:"machine" v:"required,format=ref" fr:"Machine" en:"Machine"`
	Category string    `json:"machine_category" v:"required,tax=machine_categories" fr:"Catégorie de machine" en:"Machine category"`
	End      time.Time `json:"end" v:"required" fr:"Fin" en:"End"`
	Downtime *int64    `json:"downtime_s,omitempty" v:"min=0,max=604800" fr:"Indisponibilité (s)" en:"Downtime (s)"`
}

// MachineCommissioned is the data of machine.commissioned. Capacities are in the unit that
// CapacityMetric names, the same for old and new.
type MachineCommissioned struct {
	Machine        string   `json:"machine" v:"required,format=ref" fr:"Machine" en:"Machine"`
	Category       string   `json:"machine_category" v:"required,tax=machine_categories" fr:"Catégorie de machine" en:"Machine category"`
	Nature         string   `json:"nature" v:"required,enum=new|replacement" fr:"Nature" en:"Nature"`
	Replaces       string   `json:"replaces,omitempty" v:"format=ref" fr:"Machine remplacée" en:"Machine replaced"`
	CapacityMetric string   `json:"capacity_metric,omitempty" v:"len=60" fr:"Mesure de capacité" en:"Capacity metric"`
	CapacityNew    *Decimal `json:"capacity_new,omitempty" v:"min=0,max=1000000" fr:"Capacité nouvelle" en:"New capacity"`
	CapacityOld    *Decimal `json:"capacity_old,omitempty" v:"min=0,max=1000000" fr:"Capacité ancienne" en:"Old capacity"`
}

// PremisesChanged is the data of premises.changed: the area open to users from then on.
type PremisesChanged struct {
	Area   Decimal `json:"area_m2" v:"required,min=0,max=100000" fr:"Surface ouverte aux usagers (m²)" en:"Floor area open to users (m²)"`
	Reason string  `json:"nature,omitempty" v:"enum=opening|extension|move|reduction" fr:"Nature" en:"Nature"`
}

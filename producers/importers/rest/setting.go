package rest

import (
	"vitrine/producers/importers"
	"vitrine/schemas"
)

// SettingAllowPrivate is the name of [AllowPrivateSetting].
const SettingAllowPrivate = "allow-private"

// AllowPrivateSetting is how people set [Config.AllowPrivate].
func AllowPrivateSetting() importers.Setting {
	return importers.Setting{Name: SettingAllowPrivate, Type: importers.Switch, Help: schemas.Text{
		FR: "accepter que le nom dans l'adresse mène à cet ordinateur ou à un réseau privé ; inutile pour une adresse IP, localhost ou un nom en .lan ou .local",
		EN: "allow that the address's name leads to this machine or a private network; not needed for an IP address, localhost or a name in .lan or .local"}}
}

package main

import (
	"vitrine/producers/importers"
	"vitrine/producers/importers/fabman"
	"vitrine/producers/importers/fabmanager"
)

// connected are the sorts of sources that the agent can ask.
func connected() []importers.Connector {
	return []importers.Connector{fabman.Connector(), fabmanager.Connector()}
}

// Package importers holds what connectors have in common. A connector reads a lab's records from
// one system (Fab-manager, Fabman, an agenda, a spreadsheet) and says them as events; each has a
// package of its own below this one. Personal data ends there: no event holds any.
package importers

package schemas

// Why connectors take an event back. What is stored is these words, the same at each import and in every language; [Reason] says them to people.
const (
	ReasonGoneFromSpreadsheet = "no longer in the spreadsheet"
	ReasonCancelledInCalendar = "cancelled in the calendar"
	ReasonDeletedFromCalendar = "deleted from the calendar"
	ReasonUnconfirmed         = "no longer confirmed"
	ReasonCancelledFabManager = "cancelled in Fab-manager"
	ReasonDeletedInFabman     = "deleted in Fabman"
	ReasonUnfinishedInFabman  = "no longer a finished machine session in Fabman"
)

// Reason is an event's reason in the reader's language where a connector gave it; what a person wrote is the same in both.
func Reason(stored string) Text {
	fr := stored
	switch stored {
	case ReasonGoneFromSpreadsheet:
		fr = "n'est plus dans le tableur"
	case ReasonCancelledInCalendar:
		fr = "annulé dans l'agenda"
	case ReasonDeletedFromCalendar:
		fr = "supprimé de l'agenda"
	case ReasonUnconfirmed:
		fr = "n'est plus confirmé"
	case ReasonCancelledFabManager:
		fr = "annulé dans Fab-manager"
	case ReasonDeletedInFabman:
		fr = "supprimé dans Fabman"
	case ReasonUnfinishedInFabman:
		fr = "n'est plus une session de machine terminée dans Fabman"
	}
	return Text{FR: fr, EN: stored}
}

package schemas

import "testing"

func TestReasonsInBothLanguages(t *testing.T) {
	for _, connectors := range []string{ReasonGoneFromSpreadsheet, ReasonCancelledInCalendar, ReasonDeletedFromCalendar, ReasonUnconfirmed, ReasonCancelledFabManager,
		ReasonDeletedInFabman, ReasonUnfinishedInFabman} {
		if said := Reason(connectors); said.EN != connectors || said.FR == connectors {
			t.Errorf("%q is said %+v", connectors, said)
		}
	}
	if said := Reason("saisi deux fois"); said.FR != "saisi deux fois" || said.EN != said.FR {
		t.Errorf("a person's words became %+v", said)
	}
}

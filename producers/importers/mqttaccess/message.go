package mqttaccess

import (
	"encoding/json"
	"time"

	"vitrine/schemas"
)

// Bounds of what a message may say.
const (
	// maxBodyBytes bounds a message: real ones have about a hundred bytes.
	maxBodyBytes = 64 << 10
	// maxSession is the longest usage that the contract takes.
	maxSession = 7 * 24 * time.Hour
)

type action string

const (
	startUse action = "startuse"
	inUse    action = "inuse"
	stopUse  action = "stopuse"
)

// said is what is taken from a message. The card ("uid") isn't: what isn't decoded can't get out.
type said struct {
	action action
	// ran is how long the session lasted up to then; timed says that the message told it.
	ran   time.Duration
	timed bool
	// replay says that the controller couldn't send it when it happened.
	replay bool
}

// invalid says what is wrong with a message's field, without quoting it.
type invalid struct {
	field string
	what  schemas.Text
}

// decode reads a message's body. ok is false for what says nothing about a session.
func decode(body []byte) (s said, ok bool, wrong *invalid) {
	if len(body) > maxBodyBytes {
		return said{}, false, &invalid{"", schemas.Text{FR: "message de plus de 64 Kio", EN: "message of more than 64 KiB"}}
	}
	var raw struct {
		Action   *string  `json:"action"`
		Duration *float64 `json:"duration"`
		Replay   bool     `json:"replay"`
	}
	if err := json.Unmarshal(body, &raw); err != nil || raw.Action == nil {
		return said{}, false, &invalid{"", schemas.Text{
			FR: "message illisible : attendu un objet JSON avec action (texte), duration (secondes) et replay (true ou false)",
			EN: "unreadable message: expected a JSON object with action (a text), duration (seconds) and replay (true or false)"}}
	}
	s = said{action: action(*raw.Action), replay: raw.Replay}
	if s.action != startUse && s.action != inUse && s.action != stopUse {
		return said{}, false, nil
	}
	if raw.Duration != nil {
		if *raw.Duration < 0 || *raw.Duration > maxSession.Seconds() {
			return said{}, false, &invalid{"duration", schemas.Text{FR: "durée hors bornes : attendu de 0 à 604800 secondes (7 jours)", EN: "duration out of bounds: expected 0 to 604800 seconds (7 days)"}}
		}
		// Controllers count whole seconds.
		s.ran, s.timed = time.Duration(*raw.Duration)*time.Second, true
	}
	return s, true, nil
}

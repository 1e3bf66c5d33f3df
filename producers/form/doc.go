// Package form serves /submit: server-rendered pages on which a lab that has no system tells what it
// did, corrects and retracts it, sends a spreadsheet and sees how its commitments move.
//
// The pages work without JavaScript; with it they validate while one types, remember the last
// choices and follow the figures. "Accepted" is shown once [Publisher] has returned, so once
// JetStream has the event. Each form carries its event's id: a double click or a resend sends the
// same event, which changes nothing.
//
// Mount it on both of its patterns:
//
//	pages, err := form.New(form.Config{Key: key, Accounts: …, Publisher: …, Labs: …, Entries: …, Progress: …})
//	mux.Handle("/submit", pages)
//	mux.Handle("/submit/", pages)
//
// with Config.Files and Config.Templates a [Sheets] for spreadsheets. A proxy in front must keep the
// Host header, by which a browser without HTTPS is known to send from these very pages. What was just
// accepted, and files that were checked, are kept in this process's memory: where several serve one
// address, a visitor must stay with one of them.
package form

// Package session is how somebody signs in to pages with a token: who is signed in travels sealed in a cookie, a
// form's token ties what is posted to the session, and whoever tries many wrong tokens must wait. The server keeps
// nothing, so that any number of processes serve one address. It imports none of ours.
package session

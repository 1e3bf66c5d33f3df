// Package rest asks the web APIs of labs' systems: with pauses and new attempts after failures that
// may pass, bounds on what is read, a token that goes to the address that was given and nowhere
// else, and errors that say in French and English what to do.
package rest

// Package credentials says who may send what: the labs' HTTP tokens and NATS credentials, and the
// programme's.
//
//	Registry   issues, rotates and revokes; needs the keys
//	bucket     VITRINE_CREDENTIALS, a JetStream key-value bucket: what was issued, hashed
//	Verifier   watches the bucket and checks tokens from memory; needs no keys
//	Keys       operator → account → users: what NATS's decentralised authentication is signed with
//
// A lab's NATS user publishes its own events and hears its own acknowledgements, and nothing else:
// no other lab's subjects, no programme's kinds, no JetStream API, no bucket.
package credentials

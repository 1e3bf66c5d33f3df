// Package certs turns PEM files into what TLS servers and clients are configured with, and follows the
// files: a certificate that is renewed is used from the next connection on, without a restart. A new
// file that can't be used changes nothing; it is logged and counted.
package certs

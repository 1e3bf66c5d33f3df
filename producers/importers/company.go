package importers

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// MinSaltBytes is the shortest salt of a [Coder].
const MinSaltBytes = 16

// Coder gives a lab's company customers codes that tell them apart and from which nobody gets back
// to the customer. A source's ids are small numbers: without a secret salt, trying them all would.
type Coder struct {
	lab  string
	salt []byte
}

// NewCoder makes a lab's coder. The salt must stay the same for as long as the codes are to, and
// must not leave the lab: at least [MinSaltBytes] random bytes.
func NewCoder(lab string, salt []byte) (*Coder, error) {
	if len(salt) < MinSaltBytes {
		return nil, fmt.Errorf("the salt of the company codes has %d bytes: at least %d are needed", len(salt), MinSaltBytes)
	}
	return &Coder{lab: lab, salt: salt}, nil
}

// Company is the code of the customer that has this id in a system.
func (c *Coder) Company(system, id string) string {
	mac := hmac.New(sha256.New, c.salt)
	fmt.Fprintf(mac, "company\x00%s\x00%s\x00%s", c.lab, system, id)
	// 80 bits: among a million companies two get the same code with a probability below 10⁻¹².
	return "c-" + strings.ToLower(base32.StdEncoding.EncodeToString(mac.Sum(nil)[:10]))
}

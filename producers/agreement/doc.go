// Package agreement reads agreements between the programme and a lab from YAML files, compares them with what is in force
// in the stream, and signs or amends them.
//
// A file has the fields of agreement.signed, and the lab. What a commitment doesn't say follows from the agreement: `from`
// and `due` are its start and end, `mode` is cumulative, or periodic where `every` is given.
package agreement

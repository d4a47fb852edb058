package canned

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // G505: OVHcloud's signature is SHA-1
	"encoding/hex"
)

// request is one request. Its slices are parts of the connection's buffer, but
// for key and signed, which it keeps from one request to the next.
type request struct {
	method, target, host                             []byte
	token                                            []byte
	application, consumer, timestamp, signature      []byte
	paginationMode, paginationNumber, paginationSize []byte
	body                                             []byte

	key, signed []byte
}

var endOfHeader = []byte("\r\n\r\n")

// parse reads the request at the beginning of data, and says how many bytes it
// takes, or that it is not whole yet.
func (r *request) parse(data []byte) (size int, whole bool) {
	end := bytes.Index(data, endOfHeader)
	if end < 0 {
		return 0, false
	}
	*r = request{key: r.key, signed: r.signed}
	head := data[:end+2]
	var line []byte
	line, head, _ = bytes.Cut(head, []byte("\r\n"))
	r.method, line, _ = bytes.Cut(line, []byte(" "))
	r.target, _, _ = bytes.Cut(line, []byte(" "))
	length := 0
	for len(head) > 0 {
		line, head, _ = bytes.Cut(head, []byte("\r\n"))
		name, value, _ := bytes.Cut(line, []byte(": "))
		if field := r.field(name); field != nil {
			*field = value
		} else if bytes.EqualFold(name, []byte("Content-Length")) {
			length, _ = decimal(value)
		}
	}
	size = end + len(endOfHeader) + length
	if len(data) < size {
		return 0, false
	}
	r.body = data[end+len(endOfHeader) : size]
	return size, true
}

// field is where the value of a header goes. Headers are compared as Go's client
// writes them.
func (r *request) field(name []byte) *[]byte {
	switch string(name) {
	case "Host":
		return &r.host
	case "X-Auth-Token":
		return &r.token
	case "X-Ovh-Application":
		return &r.application
	case "X-Ovh-Consumer":
		return &r.consumer
	case "X-Ovh-Timestamp":
		return &r.timestamp
	case "X-Ovh-Signature":
		return &r.signature
	case "X-Pagination-Mode":
		return &r.paginationMode
	case "X-Pagination-Number":
		return &r.paginationNumber
	case "X-Pagination-Size":
		return &r.paginationSize
	}
	return nil
}

// refuses says what is wrong with the credentials.
func (s *Server) refuses(c cloud, r *request) (problem string) {
	switch {
	case c == scaleway && string(r.token) != ScalewayToken:
		return "another token"
	case c != ovh:
		return ""
	case string(r.application) != OVHApplicationKey || string(r.consumer) != OVHConsumerKey:
		return "other keys"
	case len(r.signature) != len("$1$")+2*sha1.Size || len(r.timestamp) == 0:
		return "no signature"
	case s.strict.Load() && !r.signedRight():
		return "the signature is wrong"
	}
	return ""
}

// signedRight compares the signature with that of what has arrived.
func (r *request) signedRight() bool {
	want := r.sign()
	return bytes.Equal(want[:], r.signature)
}

// sign is the signature of a request.
func (r *request) sign() (signature [3 + 2*sha1.Size]byte) {
	signed := append(r.signed[:0], OVHApplicationSecret+"+"+OVHConsumerKey+"+"...)
	signed = append(append(signed, r.method...), "+http://"...)
	signed = append(append(append(signed, r.host...), r.target...), '+')
	r.signed = append(append(append(signed, r.body...), '+'), r.timestamp...)
	sum := sha1.Sum(r.signed) //nolint:gosec // G401: as above
	copy(signature[:], "$1$")
	hex.Encode(signature[3:], sum[:])
	return signature
}

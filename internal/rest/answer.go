package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

const (
	mostAnswer = 64 << 20  // of a success
	mostError  = 256 << 10 // of an error; more is read, up to errorDrain, and dropped
	mostDrain  = 64 << 10  // beyond a success, so that the connection can be used again
	errorDrain = 1<<20 - mostError
	mostPooled = 1 << 20 // buffers that grew beyond are left to the collector
	firstRead  = 4 << 10 // most errors end within it
)

// KeptBody is how many bytes of an error's body a provider's error keeps.
const KeptBody = 4 << 10

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// read takes the answer in: a success into call.Out, an error into s.fail.
func (s *state) read(resp *http.Response) error {
	limit, drain := int64(mostError), int64(errorDrain)
	if s.success() {
		limit, drain = mostAnswer, mostDrain
	}
	buffer := buffers.Get().(*bytes.Buffer) //nolint:errcheck,forcetypeassert // the pool holds nothing else
	buffer.Reset()
	defer func() {
		if buffer.Cap() <= mostPooled {
			buffers.Put(buffer)
		}
	}()
	if n := min(resp.ContentLength, limit, mostPooled); n > 0 { // no more for a length that may be a lie
		buffer.Grow(int(n) + bytes.MinRead)
	}
	more, err := s.fill(buffer, resp.Body, limit, drain)
	closeErr := resp.Body.Close()
	s.seen(buffer.Bytes())
	if !s.success() {
		// What could be read of an error is worth more than why it broke off.
		s.fail = s.decodeError(s.redact(buffer.Bytes()))
		if s.ctx.Err() != nil && err != nil {
			return s.end(cancelled, err)
		}
		return nil
	}
	switch {
	case err != nil:
		return s.end(lost, fmt.Errorf("answer broke off: %w", err))
	case more:
		return s.end(unreadable, fmt.Errorf("answer is larger than %d MiB", mostAnswer>>20))
	case closeErr != nil:
		return s.end(lost, fmt.Errorf("answer broke off: %w", closeErr))
	}
	if err := s.decode(buffer.Bytes()); err != nil {
		return s.end(unreadable, err)
	}
	return nil
}

// fill reads at most limit bytes into buffer, then drops at most drain, and says
// whether there was more than limit.
func (s *state) fill(buffer *bytes.Buffer, body io.Reader, limit, drain int64) (more bool, err error) {
	part := &s.part
	*part = io.LimitedReader{R: body, N: firstRead}
	n, err := buffer.ReadFrom(part)
	if err != nil || n < firstRead {
		return false, err
	}
	if limit <= mostPooled {
		buffer.Grow(int(limit)) // at once: doubling up to it would cost as much again
	}
	part.N = limit - firstRead
	if _, err := buffer.ReadFrom(part); err != nil {
		return false, err
	}
	part.N = drain
	n, err = io.Copy(io.Discard, part)
	return n > 0, err
}

func (s *state) decode(body []byte) error {
	body = bytes.TrimSpace(body)
	if s.call.Method == http.MethodHead {
		return nil // it has none
	}
	if s.call.Out == nil {
		if len(body) > 0 && !valid(body) { // a login page of a proxy, say: nothing was done
			return fmt.Errorf("answer is not JSON%s", s.beginning(body))
		}
		return nil
	}
	if len(body) == 0 || bytes.Equal(body, []byte("null")) || s.call.object && fieldless(body) {
		if s.call.OptionalAnswer || s.status == http.StatusNoContent && !s.call.object {
			return nil
		}
		return errors.New("answer is empty")
	}
	if _, own := s.call.Out.(BodyDecoder); !own {
		reset(s.call.Out)
	}
	options := lenient
	if s.call.Path != "" {
		options = spelled
	}
	if err := decode(body, s.call.Out, options); err != nil {
		reset(s.call.Out) // the next attempt may have nothing to put there
		return fmt.Errorf("answer is not what it should be: %w%s", err, s.beginning(body))
	}
	return nil
}

// fieldless reports whether body is {}.
func fieldless(body []byte) bool {
	inner, opened := bytes.CutPrefix(body, []byte("{"))
	inner, closed := bytes.CutSuffix(inner, []byte("}"))
	return opened && closed && len(bytes.TrimSpace(inner)) == 0
}

// beginning shows the first words of a web page, such as a proxy's. Anything else
// may hold the key or the token that was asked for and is not shown.
func (s *state) beginning(body []byte) string {
	if !bytes.HasPrefix(body, []byte("<")) {
		return ""
	}
	return fmt.Sprintf(" (it begins %.60q)", s.redact(body[:min(len(body), KeptBody)]))
}

// redact keeps a server or a proxy that repeats a request in its answer from
// carrying the credentials into errors and logs.
func (s *state) redact(body []byte) []byte {
	for _, value := range s.credentials() {
		value = strings.TrimPrefix(value, "Bearer ")
		if len(value) >= shortestSecret && bytes.Contains(body, []byte(value)) {
			body = bytes.ReplaceAll(body, []byte(value), []byte("[secret]"))
		}
	}
	return body
}

// shortestSecret is fewer characters than any credential has, and more than a
// timestamp.
const shortestSecret = 12

func (s *state) decodeError(body []byte) Failure {
	var f Failure
	if s.client.config.DecodeError != nil {
		f = s.client.config.DecodeError(s.status, s.answerHeader, body)
	}
	f.Status = s.status
	return f
}

// Excerpt is the beginning of a body that is not JSON, or of a text in one that is, fit
// for a message: one line, printable, 512 bytes at most.
func Excerpt(body []byte) string {
	const most = 512
	if len(body) > most {
		body = body[:most]
	}
	clean := bytes.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case r < ' ' || r == 0x7f || r == '\uFFFD':
			return -1
		default:
			return r
		}
	}, bytes.ToValidUTF8(body, nil))
	return string(bytes.Join(bytes.Fields(clean), []byte(" ")))
}

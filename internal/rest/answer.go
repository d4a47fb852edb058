package rest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
)

const (
	mostAnswer = 64 << 20  // of a success
	mostError  = 256 << 10 // of an error; more is read, up to errorDrain, and dropped
	mostDrain  = 64 << 10  // beyond a success, so that the connection can be used again
	errorDrain = 1<<20 - mostError
	mostPooled = 1 << 20 // buffers that grew beyond are left to the collector
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
	if n := resp.ContentLength; n > 0 && n <= limit {
		buffer.Grow(int(n) + bytes.MinRead)
	}
	more, err := fill(buffer, resp.Body, limit, drain)
	closeErr := resp.Body.Close()
	if !s.success() {
		// What could be read of an error is worth more than why it broke off.
		s.fail = s.decodeError(buffer.Bytes())
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
func fill(buffer *bytes.Buffer, body io.Reader, limit, drain int64) (more bool, err error) {
	if _, err := buffer.ReadFrom(io.LimitReader(body, limit)); err != nil {
		return false, err
	}
	n, err := io.Copy(io.Discard, io.LimitReader(body, drain))
	return n > 0, err
}

func (s *state) decode(body []byte) error {
	body = bytes.TrimSpace(body)
	if s.call.Out == nil {
		return nil
	}
	if len(body) == 0 || bytes.Equal(body, []byte("null")) {
		if s.call.OptionalAnswer || s.status == http.StatusNoContent {
			return nil
		}
		return errors.New("answer is empty")
	}
	reset(s.call.Out)
	if err := Decode(body, s.call.Out); err != nil {
		return fmt.Errorf("answer is not what it should be: %w (it begins %.60q)", err, body)
	}
	return nil
}

func (s *state) decodeError(body []byte) Failure {
	var f Failure
	if s.client.config.DecodeError != nil {
		f = s.client.config.DecodeError(s.status, s.header, body)
	}
	f.Status = s.status
	return f
}

// Excerpt is the beginning of a body that is not JSON, fit for a message: one
// line, printable, 512 bytes at most.
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

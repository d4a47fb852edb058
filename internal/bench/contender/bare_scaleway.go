package contender

import (
	"bytes"
	"context"
	"net/http"

	"github.com/go-json-experiment/json"

	"github.com/lbkit/lbkit/internal/bench/canned"
	"github.com/lbkit/lbkit/scaleway"
)

// bareScaleway is this SDK's types over net/http and go-json-experiment, without
// anything that the SDK does besides: no retry, no time limit, no check of an ID or an
// answer, no note of whether a request was sent. What the SDK takes more is what these
// cost.
type bareScaleway struct {
	*floorScaleway // its requests

	// whole reads an answer to its end before it is decoded, as whoever wants to ask
	// again for one that breaks off must.
	whole  bool
	buffer bytes.Buffer // of one call after the other
}

func (c *bareScaleway) call(ctx context.Context, method, path string, in, out any) error {
	var text []byte
	if in != nil {
		var err error
		if text, err = json.Marshal(in); err != nil {
			return err
		}
	}
	r, err := c.request(ctx, method, path, nil, text)
	if err != nil {
		return err
	}
	resp, err := c.client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if !c.whole {
		return json.UnmarshalRead(resp.Body, out)
	}
	c.buffer.Reset()
	if _, err := c.buffer.ReadFrom(resp.Body); err != nil {
		return err
	}
	return json.Unmarshal(c.buffer.Bytes(), out)
}

func (c *bareScaleway) get(ctx context.Context) error {
	var b scaleway.LB
	if err := c.call(ctx, http.MethodGet, "/lbs/"+firstLB, nil, &b); err != nil {
		return err
	}
	return match(sdkLB(&b), c.want.lbs, 0)
}

func (c *bareScaleway) create(ctx context.Context) error {
	var b scaleway.Backend
	if err := c.call(ctx, http.MethodPost, "/lbs/"+firstLB+"/backends", newSDKBackend(), &b); err != nil {
		return err
	}
	return match(sdkBackend(&b), c.want.backends, canned.Objects)
}

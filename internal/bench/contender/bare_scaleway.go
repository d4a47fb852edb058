package contender

import (
	"bytes"
	"context"
	"io"
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
	client *http.Client
	base   string
	want   *facts
	// whole reads an answer to its end before it is decoded, as whoever wants to ask
	// again for one that breaks off must.
	whole  bool
	buffer bytes.Buffer // of one call after the other
}

func (c *bareScaleway) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+"/lb/v1/zones/"+canned.ScalewayZone+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("X-Auth-Token", canned.ScalewayToken)
	r.Header.Set("User-Agent", "bare")
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
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

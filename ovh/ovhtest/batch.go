package ovhtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// batchHeader holds the separator that joins the IDs of one segment (facts 4.3).
const batchHeader = "X-Ovh-Batch"

// batchEntry is what a batch answers for one ID: an object or an error. The ID is
// as its objects show it, a number or a text.
type batchEntry struct {
	Key   json.RawMessage `json:"key"`
	Value json.RawMessage `json:"value"`
	Error json.RawMessage `json:"error"`
}

// batchParam is the path parameter that stands for several objects: the last one
// that holds the separator, or the last of all. It is empty where the call is no
// batch: only GETs of single objects have that mode.
func (c *call) batchParam() (name, separator string) {
	separator = c.request.Header.Get(batchHeader)
	if separator == "" || c.opts.noBatch || c.request.Method != http.MethodGet || !strings.HasSuffix(c.op.Path, "}") {
		return "", ""
	}
	for part := range strings.SplitSeq(c.op.Path, "/") {
		param, isParam := strings.CutPrefix(strings.TrimSuffix(part, "}"), "{")
		if !isParam {
			continue
		}
		if name == "" || !strings.Contains(c.params[name], separator) || strings.Contains(c.params[param], separator) {
			name = param
		}
	}
	return name, separator
}

// batch looks up each of the joined IDs. Those that fail do not fail the call.
func (c *call) batch(r *route, name, separator string) (json.RawMessage, error) {
	keys := strings.Split(c.params[name], separator)
	if c.assume.BatchLimit > 0 && len(keys) > c.assume.BatchLimit {
		return nil, badRequest(fmt.Sprintf("A batch has at most %d IDs", c.assume.BatchLimit))
	}
	entries := make([]batchEntry, len(keys))
	for i, key := range keys {
		single := *c
		single.params = map[string]string{}
		for other, value := range c.params {
			single.params[other] = value
		}
		single.params[name] = key
		entries[i].Key = keyJSON(c.op.Params[name], key)
		value, err := single.carryOut(r)
		if err == nil {
			entries[i].Value = value
			continue
		}
		var refused *apiError
		if !errors.As(err, &refused) {
			panic("ovhtest: " + err.Error())
		}
		entries[i].Error = refused.body()
	}
	return mustJSON(entries), nil
}

func keyJSON(typeName, key string) json.RawMessage {
	if typeName == "integer" && json.Valid([]byte(key)) {
		return json.RawMessage(key)
	}
	return mustJSON(key)
}

package scaleway

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSeenIDs: two IDs are remembered as one exactly where they are the same text.
func TestSeenIDs(t *testing.T) {
	t.Parallel()
	const uuid = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d"
	for _, other := range []string{"", "PLAY", strings.ToUpper(uuid), uuid + "0", strings.Replace(uuid, "-", "0", 1), "-" + uuid[1:], strings.Replace(uuid, "c", "g", 1)} {
		if got := seenIDOf(other); got.other != other {
			t.Errorf("%q is remembered as %+v, want as the text that it is", other, got)
		}
	}
	if got := seenIDOf(uuid); got.other != "" || fmt.Sprintf("%x", got.uuid) != strings.ReplaceAll(uuid, "-", "") {
		t.Errorf("%q is remembered as %+v, want in bytes", uuid, got)
	}
	id := rapid.OneOf(rapid.StringMatching(`[0-9a-fA-F]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`), rapid.StringMatching(`[a-f-]{36}`), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		a := id.Draw(t, "a")
		b := rapid.OneOf(id, rapid.Just(a), rapid.Just(strings.ToLower(a)), rapid.Just(strings.Replace(a, "1", "2", 1))).Draw(t, "b")
		if (a == b) != (seenIDOf(a) == seenIDOf(b)) {
			t.Fatalf("%q and %q are remembered as %+v and %+v", a, b, seenIDOf(a), seenIDOf(b))
		}
	})
}

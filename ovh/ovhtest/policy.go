package ovhtest

import (
	"net/http"
	"slices"
	"strings"
)

// permit refuses an operation whose actions the account's policies deny, in the
// words of IAM (facts 3.2, 3.3).
func (c *call) permit() error {
	denied := slices.DeleteFunc(slices.Clone(c.op.IAM), func(action string) bool {
		return ofAnotherGoal(action) || !c.denies(action)
	})
	if len(denied) == 0 {
		return nil
	}
	return &apiError{
		status: http.StatusForbidden, class: "Client::Forbidden", message: "User not granted for this request",
		details: map[string]string{"unauthorizedActionsByAuthentication": "", "unauthorizedActionsByIAM": strings.Join(denied, ",")},
	}
}

func (c *call) denies(action string) bool {
	return slices.ContainsFunc(c.opts.denied, func(pattern string) bool {
		prefix, open := strings.CutSuffix(pattern, "*")
		return action == pattern || open && strings.HasPrefix(action, prefix)
	})
}

// ofAnotherGoal tells whether an action is asked for only where an address moves
// to a product that is not here. For a load balancer it takes ip:apiovh:move and
// loadbalancer:apiovh:ip/additionalIp/move (facts 6.8).
func ofAnotherGoal(action string) bool {
	return strings.HasSuffix(action, ":ip/additionalIp/move") && !strings.HasPrefix(action, "loadbalancer:")
}

package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/examples/internal/golden"
	"github.com/lbkit/lbkit/lb"
	"github.com/lbkit/lbkit/lb/lbtest"
)

func TestRun(t *testing.T) {
	t.Parallel()
	t.Run("order", func(t *testing.T) {
		t.Parallel()
		golden.Run(t, run)
	})
	t.Run("upload", func(t *testing.T) {
		t.Parallel()
		chain, key := bought(t, "shop.example", "www.shop.example")
		golden.Case(t, "upload", run, "-pem", chain, "-key", key)
	})
	t.Run("good", func(t *testing.T) {
		t.Parallel()
		golden.Case(t, "good", run, "-within", "24h")
	})
}

// TestOtherDomains: a certificate for other domains replaces none.
func TestOtherDomains(t *testing.T) {
	t.Parallel()
	chain, key := bought(t, "shop.example", "blog.example") // not www.shop.example
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		err := run(account.InMemory(t.Context()), &out, []string{"-pem", chain, "-key", key})
		if err == nil || strings.Contains(out.String(), "is ready") {
			t.Errorf("got error %v, after printing:\n%s", err, out.Bytes())
		}
	})
}

// TestShared: what another frontend serves stays, and is no failure.
func TestShared(t *testing.T) {
	t.Parallel()
	memory, id := newShop(t)
	var out bytes.Buffer
	for _, frontend := range []string{"secure", "other"} {
		if err := newRenewal(memory, id, &out).renew(t.Context(), frontend, time.Now().Add(30*day)); err != nil {
			t.Fatalf("%s: %v\nafter printing:\n%s", frontend, err, out.Bytes())
		}
	}
	if stays, deleted := "shop-old stays", "shop-old is deleted"; !strings.Contains(out.String(), stays) || !strings.Contains(out.String(), deleted) {
		t.Errorf("want %q, and with the other frontend %q; got:\n%s", stays, deleted, out.Bytes())
	}
}

// TestOnOrder: what is on order is not ordered again.
func TestOnOrder(t *testing.T) {
	t.Parallel()
	memory, id := newShop(t)
	before, err := lb.One(memory.Certificates().List(t.Context(), id, lb.ListOptions{}))
	if err != nil {
		t.Fatal(err)
	}
	memory.SetCertificate(before.ID, lb.ProvisioningPending, "")
	if err := newRenewal(memory, id, io.Discard).renew(t.Context(), "secure", time.Now().Add(30*day)); err != nil {
		t.Fatal(err)
	}
	if _, err := lb.One(memory.Certificates().List(t.Context(), id, lb.ListOptions{})); err != nil {
		t.Error(err)
	}
}

// newShop has a certificate that is about to expire, and two frontends that serve it.
func newShop(t *testing.T) (*lbtest.Memory, lb.LoadBalancerID) {
	t.Helper()
	memory := lbtest.NewMemory(lbtest.WithPolls(0))
	id := memory.AddLoadBalancer(lb.LoadBalancerSpec{Name: "shop"})
	chain, key, err := account.SelfSigned(10*day, "shop.example")
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := memory.Certificates().Create(t.Context(), id, lb.CertificateSpec{Name: "shop-old", PEM: chain, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{"secure", "other"} {
		if _, err := memory.Frontends().Create(t.Context(), id, lb.FrontendSpec{
			Name: name, Protocol: lb.ProtocolHTTP, Ports: []lb.PortRange{lb.Port(uint16(443 + i))}, Certificates: []lb.CertificateID{certificate.ID}, //nolint:gosec // one of two
		}); err != nil {
			t.Fatal(err)
		}
	}
	return memory, id
}

func newRenewal(p lb.Provider, id lb.LoadBalancerID, out io.Writer) *renewal {
	r := &renewal{Provider: p, id: id, out: out}
	r.spec = r.order
	return r
}

// bought is a certificate in files, as a certificate authority hands it out.
func bought(t *testing.T, domains ...string) (chain, key string) {
	t.Helper()
	pem, secret, err := account.SelfSigned(365*day, domains...)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	for name, text := range map[string]string{"chain.pem": pem, "key.pem": secret.Reveal()} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(folder, "chain.pem"), filepath.Join(folder, "key.pem")
}

// Certificates renews what a frontend serves over TLS: each of its certificates that is
// about to expire is ordered anew for the same domains, or replaced by one from files,
// waited for, served instead of the old one, and then the old one is deleted.
//
// It shows lb.WaitCertificate, whose result has the final ID of an ordered certificate,
// that nothing of a certificate changes but its name (a new one takes its place), the
// order of writes in which the frontend is never without one, and lb.Secret for keys.
//
//	go run ./examples/certificates -provider ovh
//	go run ./examples/certificates -provider ovh -pem chain.pem -key key.pem
//
// With an account, whose credentials are in the environment (see NewClientFromEnv in
// packages ovh and scaleway):
//
//	go run ./examples/certificates -provider ovh -live -lb loadbalancer-0123456789abcdef -frontend secure -yes
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/lbkit/lbkit/examples/internal/account"
	"github.com/lbkit/lbkit/lb"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Stdout, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "certificates:", err)
		os.Exit(1)
	}
}

const day = 24 * time.Hour

func run(ctx context.Context, out io.Writer, args []string) error {
	set := flag.NewFlagSet("certificates", flag.ContinueOnError)
	flags := account.Register(set)
	name := set.String("frontend", "secure", "name of the frontend")
	within := set.Duration("within", 30*day, "renew what expires within this time")
	chain := set.String("pem", "", "file with the new chain, leaf first; empty: order a certificate")
	key := set.String("key", "", "file with its private key")
	if err := set.Parse(args); err != nil {
		return err
	}
	what := fmt.Sprintf("replace the certificates of frontend %s that expire within %v, publish that, and delete the old ones", *name, *within)
	if !flags.Agreed(out, what) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Minute) // orders take their time
	defer cancel()
	a, err := account.Open(ctx, flags)
	if err != nil {
		return err
	}
	defer a.Close()

	r := &renewal{Provider: a, id: a.LoadBalancer, out: out}
	r.spec = r.order
	if *chain != "" {
		r.spec = func(old *lb.Certificate) (lb.CertificateSpec, error) { return fromFiles(*chain, *key, old) }
	}
	return r.renew(ctx, *name, time.Now().Add(*within))
}

// fromFiles is a certificate to upload in the place of an old one: for all of its domains, or
// clients would get a wrong one.
func fromFiles(chain, key string, old *lb.Certificate) (lb.CertificateSpec, error) {
	text, err := os.ReadFile(chain) //nolint:gosec // the user names it
	if err != nil {
		return lb.CertificateSpec{}, err
	}
	secret, err := os.ReadFile(key) //nolint:gosec // the user names it
	if err != nil {
		return lb.CertificateSpec{}, err
	}
	pair, err := tls.X509KeyPair(text, secret)
	if err != nil {
		return lb.CertificateSpec{}, fmt.Errorf("%s: %w", chain, err)
	}
	for _, domain := range old.Domains {
		if err := pair.Leaf.VerifyHostname(domain); err != nil {
			return lb.CertificateSpec{}, fmt.Errorf("%s cannot replace certificate %s: %w", chain, old.Name, err)
		}
	}
	return lb.CertificateSpec{PEM: string(text), Key: lb.NewSecret(string(secret))}, nil
}

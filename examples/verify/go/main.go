// Two ways to verify an access token in Go: golang-jwt with keyfunc, and go-oidc.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/MicahParks/keyfunc/v3"
	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/golang-jwt/jwt/v5"
)

var errType = errors.New("this is not an access token")

// Verifier gives the user id of an access token.
type Verifier func(token string) (userID string, err error)

// withGolangJWT keeps the keys in the background, until ctx ends.
func withGolangJWT(ctx context.Context, issuer, audience string) (Verifier, error) {
	keys, err := keyfunc.NewDefaultCtx(ctx, []string{issuer + "/.well-known/jwks.json"})
	if err != nil {
		return nil, err
	}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer(issuer),
		jwt.WithAudience(audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(5*time.Second),
	)
	return func(token string) (string, error) {
		parsed, err := parser.Parse(token, keys.Keyfunc)
		if err != nil {
			return "", err
		}
		if parsed.Header["typ"] != "at+jwt" {
			return "", errType
		}
		return parsed.Claims.GetSubject()
	}, nil
}

// withOIDC finds issuer and keys by discovery. go-oidc does not look at `typ`, so we do.
func withOIDC(ctx context.Context, issuer, audience string) (Verifier, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	verifier := provider.VerifierContext(ctx, &oidc.Config{
		ClientID:             audience,
		SupportedSigningAlgs: []string{oidc.RS256},
	})
	return func(token string) (string, error) {
		if typeOf(token) != "at+jwt" {
			return "", errType
		}
		verified, err := verifier.Verify(ctx, token)
		if err != nil {
			return "", err
		}
		return verified.Subject, nil
	}, nil
}

func typeOf(token string) string {
	head, _, _ := strings.Cut(token, ".")
	var header struct{ Typ string }
	bytes, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || json.Unmarshal(bytes, &header) != nil {
		return ""
	}
	return header.Typ
}

// Prints what each verifier says of each argument: the user id, or "refused".
func main() {
	ctx := context.Background()
	issuer, audience := os.Getenv("ISSUER"), os.Getenv("AUDIENCE")
	if audience == "" {
		audience = issuer
	}
	for _, make := range []func(context.Context, string, string) (Verifier, error){withGolangJWT, withOIDC} {
		verify, err := make(ctx, issuer, audience)
		if err != nil {
			panic(err)
		}
		for _, token := range os.Args[1:] {
			userID, err := verify(token)
			if err != nil {
				userID = "refused"
			}
			fmt.Println(userID)
		}
	}
}

<?php
// composer require firebase/php-jwt
use Firebase\JWT\JWK;
use Firebase\JWT\JWT;

/**
 * The claims of an access token. Throws whatever Firebase\JWT throws, or DomainException.
 *
 * @param array $jwks the decoded answer of GET /.well-known/jwks.json, which you keep for ten minutes
 */
function verify(string $token, array $jwks, string $issuer, ?string $audience = null): stdClass
{
    JWT::$leeway = 5; // the clock that wrote `iat` may be two seconds ahead of yours
    $header = new stdClass();
    $claims = JWT::decode($token, JWK::parseKeySet($jwks, 'RS256'), $header);
    if (($header->typ ?? '') !== 'at+jwt') throw new DomainException('This is not an access token.');
    if (($claims->iss ?? '') !== $issuer) throw new DomainException('Another issuer made it.');
    if (!in_array($audience ?? $issuer, (array) ($claims->aud ?? []), true)) throw new DomainException('It is for another audience.');
    return $claims;
}

#!/usr/bin/env bash
# Makes the certificates of this folder, which no library of today makes any more. They are good for a hundred years, for localhost.
set -euo pipefail
cd "$(dirname "$0")"

days=36500
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
leaf="subjectAltName=DNS:localhost"

openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days $days -subj "/CN=a test's old authority" \
  -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=keyCertSign" \
  -keyout "$keys/authority" -out authority.pem 2>/dev/null

# issue FILE NEWKEY DIGEST: a certificate of the authority.
issue() {
  openssl req -new -newkey "$2" ${4:+-pkeyopt "$4"} -nodes -subj "/CN=localhost" -keyout "$keys/$1" -out "$keys/request" 2>/dev/null
  openssl x509 -req -in "$keys/request" -CA authority.pem -CAkey "$keys/authority" -days $days "-$3" \
    -extfile <(echo "$leaf") -out "$1.pem" 2>/dev/null
}
issue rsa-1024 rsa:1024 sha256
issue sha-1 ec sha1 ec_paramgen_curve:P-256

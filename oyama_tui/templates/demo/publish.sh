#!/bin/sh
# Publishes the built page: sh publish.sh FOLDER. Doing it twice does no harm.
set -eu
cd -- "$1"
cp build/index.html site/index.html.new
mv site/index.html.new site/index.html
echo "Published: site/index.html"

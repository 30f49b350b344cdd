#!/usr/bin/env bash
# Makes the fonts of this folder from Debian's packages. Needs apt-get, dpkg-deb and pyftsubset (pip install fonttools).
set -euo pipefail
out=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

apt-get download fonts-noto-core fonts-noto-cjk fonts-droid-fallback
for package in *.deb; do dpkg-deb -x "$package" .; done
noto=usr/share/fonts/truetype/noto

subset() { # source, target, characters, options
    pyftsubset "$1" --output-file="$out/$2" --unicodes="$3" --no-hinting --notdef-outline \
        --name-IDs=0,1,2,3,4,5,6,13,14 "${@:4}"
}

latin=U+0000-036F,U+0370-052F,U+1AB0-1AFF,U+1C80-1C8F,U+1D00-1DBF,U+1E00-1FFF,U+2000-20CF,U+2100-218F,U+2C60-2C7F
latin=$latin,U+2DE0-2E5F,U+A640-A69F,U+A720-A7FF,U+AB30-AB6F,U+FB00-FB06,U+FE20-FE2F,U+FFFC-FFFD,U+25CC
for weight in Regular Bold; do
    subset "$noto/NotoSans-$weight.ttf" "NotoSans-$weight.ttf" "$latin" --layout-features='*'
done
for script in Arabic Hebrew Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao \
    Myanmar Khmer Georgian Armenian Ethiopic; do
    subset "$noto/NotoSans$script-Regular.ttf" "NotoSans$script-Regular.ttf" '*' --layout-features='*'
done
subset "$noto/NotoSansSymbols2-Regular.ttf" NotoSansSymbols2-Regular.ttf U+2190-23FF,U+25A0-27BF,U+2B00-2BFF
subset "$noto/NotoSansMath-Regular.ttf" NotoSansMath-Regular.ttf U+2190-22FF,U+2460-24FF,U+27F0-27FF
subset usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf DroidSansFallback.ttf \
    U+2E80-33FF,U+3400-4DBF,U+4E00-9FFF,U+F900-FAFF,U+FE30-FE4F,U+FF00-FFEF --layout-features='*'
subset usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc NotoSansKR-Hangul.otf \
    U+1100-11FF,U+3130-318F,U+AC00-D7A3 --font-number=1 --layout-features=ccmp,ljmo,vjmo,tjmo

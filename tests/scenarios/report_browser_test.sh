#!/usr/bin/env bash
# A report opened in a real browser, headless: its tables and figures are there and have a size, the
# console stays silent, nothing is asked of the network, and it prints. Exit code 77: no browser.
#   report_browser_test.sh SCENARIOS_TESTS
set -eu -o pipefail

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [[ -z $browser ]]; then
  echo "skipped: no chromium (apt-get install chromium)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export HOME=$folder  # the browser's profile and caches

fail() {
  echo "FAILED: $1"
  exit 1
}
# open PAGE [OPTION…]: standard output of the browser; its log in PAGE.log, what it asked of the
# network in PAGE.net.
open_page() {
  timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking \
    --no-first-run --host-resolver-rules='MAP * ~NOTFOUND, EXCLUDE 127.0.0.1' \
    --user-data-dir="$folder/profile" --enable-logging=stderr --log-net-log="$1.net" --window-size=1200,2000 "${@:2}" "file://$1" 2> "$1.log"
}
console() { grep -F ':CONSOLE' "$1.log" || true; }
# What the browser asks for itself has no origin.
requests() {
  grep -F '"initiator":' "$1.net" | grep -vF '"initiator":"not an origin"' \
    | grep -oE '"url":"(https?|wss?|ftp):[^"]*"' || true
}

# The control: a page that complains and loads must be seen to.
bad=$folder/bad.html
echo '<!DOCTYPE html><title>bad</title><p>bad</p><img src="http://127.0.0.1:9/pixel.png">
<script>console.error("complaint")</script>' > "$bad"
open_page "$bad" --dump-dom > "$bad.dom"
[[ $(console "$bad") == *complaint* ]] || fail "the console of the control page was not read"
[[ $(requests "$bad") == *127.0.0.1:9* ]] || fail "the request of the control page was not seen"

page=$folder/report.html
COHORT_REPORT_PAGE=$page "$1" --gtest_filter=ReportPage.IsWrittenForTheBrowser > "$folder/test.log" \
  || fail "the page was not written: $(cat "$folder/test.log")"
open_page "$page" --dump-dom > "$page.dom"
[[ -z $(console "$page") ]] || fail "the console says: $(console "$page")"
[[ -z $(requests "$page") ]] || fail "the page asked for: $(requests "$page")"

# The browser's tree has what the file has: no figure was swallowed by a parse error.
count() { { grep -o "$1" "$2" || true; } | wc -l; }
for element in '<table>' '<figure>' '<svg ' '<figcaption>' '<aside ' '<tr>' '<path ' '<text '; do
  in_file=$(count "$element" "$page")
  in_tree=$(count "$element" "$page.dom")
  [[ $in_file -gt 0 && $in_file -eq $in_tree ]] \
    || fail "$element: $in_file in the file, $in_tree in the browser"
done

# Sizes: the same page with a probe at its end, which the policy is opened for.
probe=$folder/probe.html
{
  sed -e "s/default-src 'none';/& script-src 'unsafe-inline';/" -e '/<\/body>/,$d' "$page"
  cat << 'PROBE'
<script>
  const box = e => e.getBoundingClientRect();
  const small = [...document.querySelectorAll("svg, table")].filter(
    e => box(e).width < 150 || box(e).height < 40);
  const wide = document.documentElement.scrollWidth > window.innerWidth;
  const outside = [...document.querySelectorAll("svg")].filter(s =>
    [...s.querySelectorAll("text")].some(t => box(t).left < box(s).left - 2
      || box(t).right > box(s).right + 2 || box(t).bottom > box(s).bottom + 2));
  document.title = `small ${small.length}, wide ${wide}, outside ${outside.length}`;
</script>
</body>
</html>
PROBE
} > "$probe"
for size in 1200,2000 500,900; do
  open_page "$probe" --dump-dom --window-size=$size > "$probe.dom"
  title=$(grep -o '<title>[^<]*' "$probe.dom" | head -1)
  [[ $title == '<title>small 0, wide false, outside 0' ]] || fail "at $size: $title"
done

open_page "$page" --no-pdf-header-footer --print-to-pdf="$folder/report.pdf"
[[ $(head -c 5 "$folder/report.pdf") == %PDF- ]] || fail "it does not print"
echo "opened, complete, silent, alone, printed: $(stat -c %s "$page") bytes of HTML"

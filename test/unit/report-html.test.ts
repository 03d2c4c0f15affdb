import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  duration,
  percent,
  shortCount,
  signed,
  significant,
  time,
} from '../../src/report/page/format.ts';
import { escapeText, html, trusted } from '../../src/report/page/html.ts';

describe('HTML of the report', () => {
  it('escapes everything that could leave its place', () => {
    assert.equal(
      escapeText(`<script>alert("1")</script> & 'x'`),
      '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;',
    );
    assert.equal(escapeText('a"onload="b'), 'a&quot;onload=&quot;b');
  });

  it('shows control characters, reversed text and half characters as what they are not', () => {
    const hostile = 'a\u0000b\u001b[31mc\u202egnp.exe\u2066\ud800z\u009b';
    const escaped = escapeText(hostile);
    assert.doesNotMatch(escaped, /[\p{Cc}\p{Cf}\p{Cs}]/u);
    assert.equal(escaped, 'a\ufffdb\ufffd[31mc\ufffdgnp.exe\ufffd\ufffdz\ufffd');
    assert.equal(escapeText('line\n\ttab é 写真 😀'), 'line\n\ttab é 写真 😀');
  });

  it('escapes what is put into a template, and nothing twice', () => {
    const name = '<b>';
    const inner = html`<i title="${name}">${name}</i>`;
    assert.equal(inner.text, '<i title="&lt;b&gt;">&lt;b&gt;</i>');
    assert.equal(html`<p>${inner}${[inner, 1]}</p>`.text, `<p>${inner}${inner}1</p>`);
    assert.equal(html`${null}${undefined}${false}${''}${0}`.text, '0');
    assert.equal(html`${trusted('<hr>')}`.text, '<hr>');
  });
});

describe('numbers of the report', () => {
  it('signs differences, and shows no sign of what is rounded to nothing', () => {
    assert.deepEqual(
      [0.314, -0.314, 0.001, -0.001, null].map((value) => signed(value)),
      ['+0.31', '−0.31', '±0.00', '±0.00', '–'],
    );
  });

  it('writes steps, shares and small numbers short', () => {
    assert.deepEqual([0, 500, 4000, 12_500, 1_500_000].map(shortCount), [
      '0',
      '500',
      '4k',
      '12.5k',
      '1.5M',
    ]);
    assert.equal(percent(0.0764), '7.6\u202f%');
    assert.deepEqual(
      [0.004737, 123.456, 0.0000316, 0].map((v) => significant(v)),
      ['0.00474', '123', '3.16e−5', '0'],
    );
  });

  it('writes times', () => {
    assert.deepEqual([0, 59_000, 275_000, 18_720_000, 273_600_000].map(duration), [
      '0 s',
      '59 s',
      '4 min 35 s',
      '5 h 12 min',
      '3 d 4 h',
    ]);
    assert.equal(time('2026-11-24T16:05:59.123Z'), '2026-11-24 16:05 UTC');
    assert.equal(time('<nonsense>'), '<nonsense>');
  });
});

// The explorers without any page: settings, links, evaluation, sentences, traces and tables.
// Twin of analysis/explorer/{state,engine,words}.py; needs globalThis.HPModel. Also runs in a worker.
(function () {
  'use strict';
  function define(model) {
    var LINK_VERSION = 1;
    var LONGEST_LINK = 4000;
    var LONGEST_FILE = 200000;
    var NUMBER = /^-?(\d{1,40}(\.\d{0,40})?|\.\d{1,40})(e[+-]?\d{1,3})?$/;
    var NAME = /^[a-z][a-z0-9_.]{0,79}$/;
    var PLACEHOLDER = /\{([^{}|]+)(?:\|([a-z]+))?\}/g;
    var NBSP = '\u00a0', MINUS = '\u2212';
    var own = function (object, key) { return Object.prototype.hasOwnProperty.call(object, key); };

    // ── numbers as text: twin of analysis/registry/formatting.py ──────────────────────────────
    // JavaScript rounds exact ties up, Python to the even digit; a tie has a short exact expansion.
    function halfEven(text, longer) {
      var digits = text.replace(/e.*$/, '');
      var tail = longer.replace(/e.*$/, '');
      var shown = digits.replace(/[^0-9]/g, '').replace(/^0+/, '');
      var exact = tail.replace(/[^0-9]/g, '').replace(/^0+/, '');
      var rest = exact.slice(exact.length - (tail.length - digits.length - (digits.indexOf('.') < 0 ? 1 : 0)));
      if (!/^50*$/.test(rest) || !/[13579]$/.test(shown)) return null;
      return true;
    }

    function fixed(x, decimals) {
      var text = x.toFixed(decimals);
      if (x === 0 || x >= 1e21) return text;
      if (halfEven(text, x.toFixed(Math.min(100, decimals + 60)))) {
        // Rounded up to an odd digit at a tie: the even neighbour is one unit below.
        var units = BigInt(text.replace('.', '')) - 1n;
        text = units.toString().padStart(decimals + 1, '0');
        if (decimals) text = text.slice(0, -decimals) + '.' + text.slice(-decimals);
      }
      return text;
    }

    function significant(x, digits) {
      if (x === 0 || !isFinite(x)) return x;
      var size = Math.abs(x);
      var parts = size.toExponential(digits - 1).split('e');
      if (halfEven(parts[0], size.toExponential(Math.min(100, digits + 59)).split('e')[0])) {
        var units = BigInt(parts[0].replace('.', '')) - 1n;
        return (x < 0 ? -1 : 1) * Number(units.toString() + 'e' + (Number(parts[1]) - digits + 1));
      }
      return Number(size.toExponential(digits - 1)) * (x < 0 ? -1 : 1);
    }

    function usualDecimals(x, usual) {
      if (Math.abs(x - Math.round(x)) <= 1e-12 * Math.abs(x) || Math.abs(x) < 5e-7) return 0;
      var decimals = usual;
      while (Number(fixed(Math.abs(x), decimals)) === 0) decimals += 1;
      return decimals;
    }

    function formatValue(x, unit, style, locale) {
      var words = (style || '').split(/[ ,]+/);
      var asked = function (word) { return words.indexOf(word) >= 0; };
      var symbols = [unit.symbol, unit.symbol_nb], usual = unit.decimals, percent = unit.symbol.charAt(0) === '%';
      if (asked('pct') && !percent) { percent = true; symbols = ['%', '%']; usual = 0; }
      if (percent) x = 100 * (x * unit.scale);
      if (asked('abs')) x = Math.abs(x);
      var decimals = null;
      words.forEach(function (word) { if (/^[0-6]$/.test(word)) decimals = Number(word); });
      if (decimals === null) decimals = usualDecimals(x, usual);
      var text = fixed(Math.abs(x), decimals);
      var nothing = !/[1-9]/.test(text);
      var pieces = text.split('.');
      if (unit.kind !== 'calendar year') pieces[0] = pieces[0].replace(/\B(?=(\d{3})+$)/g, NBSP);
      text = pieces.join(locale === 'nb' ? ',' : '.');
      text = (nothing ? '' : x < 0 ? MINUS : asked('signed') ? '+' : '') + text;
      var symbol = symbols[locale === 'nb' ? 1 : 0];
      if (asked('bare') || !symbol) return text;
      if (percent && locale !== 'nb') return text + symbol;
      if (unit.one && /^[+\u2212]?1$/.test(text)) symbol = unit.one[locale === 'nb' ? 1 : 0];
      return text + NBSP + symbol;
    }

    function amount(x, unit, digits, style, locale) {
      return formatValue(significant(x, digits), unit, style, locale);
    }

    // ── settings ──────────────────────────────────────────────────────────────────────────────
    function readNumber(raw) {
      if (typeof raw === 'string') { if (!NUMBER.test(raw)) return null; } else if (typeof raw !== 'number') return null;
      var x = Number(raw);
      return isFinite(x) ? x + 0 : null;
    }

    function clean(name) {
      var text = String(name).slice(0, 60);
      return NAME.test(text) ? text : '?';
    }

    function emptyState() { return { changes: {}, choices: {} }; }

    function accept(payload, settings) {
      var state = emptyState(), messages = [];
      settings.forEach(function (setting) {
        var name = setting[0], raw = setting[1];
        if (typeof name === 'string' && own(payload.renamed, name)) name = payload.renamed[name];
        var control = payload.controls.find(function (c) { return (c.kind === 'number' ? c.id : c.name) === name; });
        if (!control) {
          messages.push('“' + clean(name) + '” is not a setting here and was left out.');
        } else if (control.kind === 'number') {
          var x = readNumber(raw);
          if (x === null) messages.push(control.label + ': not a number, left at its default.');
          else if (x < control.min || x > control.max) {
            messages.push(control.label + ': ' + x + ' is outside ' + control.min + ' to ' + control.max + ', left at its default.');
          } else if (x === control.value) delete state.changes[name];
          else state.changes[name] = x;
        } else if (!control.options.some(function (o) { return o.key === raw; })) {
          messages.push(control.label + ': unknown answer, left at its default.');
        } else if (raw === control.default) delete state.choices[name];
        else state.choices[name] = raw;
      });
      return { state: state, messages: messages };
    }

    function entries(object) { return Object.keys(object).sort().map(function (key) { return [key, object[key]]; }); }

    function toLink(payload, state) {
      var parts = [LINK_VERSION, payload.id, 'v:' + payload.base];
      entries(state.changes).concat(entries(state.choices)).forEach(function (e) { parts.push(e[0] + ':' + e[1]); });
      return 's=' + parts.join('~');
    }

    function fromLink(payload, fragment) {
      var text = String(fragment).replace(/^#/, '');
      var refused = function (message) { return { state: emptyState(), messages: message ? [message] : [] }; };
      if (text.slice(0, 2) !== 's=') return refused('');
      if (text.length > LONGEST_LINK) return refused('The link is too long to be one of ours and was not read.');
      var parts = text.slice(2).split('~');
      if (!/^[1-9]\d{0,3}$/.test(parts[0]) || parts[1] !== payload.id) {
        return refused('The link could not be read; everything is at its default.');
      }
      var messages = Number(parts[0]) > LINK_VERSION ? ['The link was made by a newer version of this page.'] : [];
      var rest = parts.slice(2);
      if (rest.length === 1 && rest[0] === '') rest = [];
      var settings = rest.map(function (part) {
        var at = part.indexOf(':');
        return at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
      });
      if (settings.some(function (s) { return s[0] === 'v' && s[1] !== payload.base; })) {
        messages.push('The data have changed since the link was made; your settings are kept.');
      }
      var read = accept(payload, settings.filter(function (s) { return s[0] !== 'v'; }));
      return { state: read.state, messages: messages.concat(read.messages) };
    }

    function toFile(payload, state) {
      var changes = {};
      entries(state.changes).forEach(function (e) {
        var control = payload.controls.find(function (c) { return c.id === e[0]; });
        changes[e[0]] = { value: e[1], unit: control.unit };
      });
      return JSON.stringify({
        format: 'helseplattformen-scenario', version: 1, id: 'custom', label: 'Set in an explorer', description: '',
        changes: changes, view: { explorer: payload.id, choices: Object.assign({}, state.choices) }
      }, null, 2) + '\n';
    }

    function fromFile(payload, text) {
      var refused = { state: emptyState(), messages: ['The file is not a scenario of this project; nothing was changed.'] };
      if (text.length > LONGEST_FILE) return refused;
      var content;
      try { content = JSON.parse(text); } catch (error) { return refused; }
      var isObject = function (x) { return x !== null && typeof x === 'object' && !Array.isArray(x); };
      if (!isObject(content) || content.format !== 'helseplattformen-scenario') return refused;
      var settings = [];
      if (isObject(content.changes)) Object.keys(content.changes).forEach(function (id) {
        var change = content.changes[id];
        settings.push([id, isObject(change) ? change.value : change]);
      });
      var view = content.view;
      if (isObject(view) && isObject(view.choices)) Object.keys(view.choices).forEach(function (name) {
        settings.push([name, view.choices[name]]);
      });
      return accept(payload, settings);
    }

    // ── evaluation ────────────────────────────────────────────────────────────────────────────
    function parameters(payload, state) {
      var p = Float64Array.from(payload.p);
      payload.controls.forEach(function (control) {
        if (control.kind === 'choice') {
          var key = own(state.choices, control.name) ? state.choices[control.name] : control.default;
          p[control.slot] = control.options.find(function (o) { return o.key === key; }).number;
        } else if (own(state.changes, control.id)) {
          p[control.slot] = state.changes[control.id] * payload.units[control.unit].scale;
        }
      });
      return p;
    }

    // An evaluation in pieces, so that a page without workers stays responsive.
    function begin(payload, state, draws) {
      var spec = payload.draws, out = new Float64Array(payload.size), p = parameters(payload, state);
      model[payload.kernel](p, out);
      var slots = spec.slots.map(function (slot, k) { return own(state.changes, spec.ids[k]) ? -1 : slot; });
      var idle = !payload.drawn.length || !slots.some(function (slot) { return slot >= 0; });
      var count = idle ? 0 : draws === undefined || draws === null ? spec.count : draws;
      return {
        payload: payload, state: state, out: out, q: Float64Array.from(p), slots: slots, count: count, done: 0,
        one: new Float64Array(payload.size), columns: payload.drawn.map(function () { return new Float64Array(count); })
      };
    }

    function advance(job, steps) {
      var kernel = model[job.payload.kernel], spec = job.payload.draws, places = job.payload.drawn;
      var end = Math.min(job.count, job.done + steps);
      for (; job.done < end; job.done += 1) {
        model.draw(job.done, job.slots, spec.tables, spec.size, spec.steps, job.q);
        kernel(job.q, job.one);
        for (var k = 0; k < places.length; k += 1) job.columns[k][job.done] = job.one[places[k]];
      }
      return job.done >= job.count;
    }

    function finish(job) {
      var out = job.out, spec = job.payload.draws, count = job.count;
      var mid = Float64Array.from(out), low = Float64Array.from(out), high = Float64Array.from(out);
      if (count) job.payload.drawn.forEach(function (place, k) {
        var column = job.columns[k], total = 0;
        for (var i = 0; i < count; i += 1) total += column[i];
        column.sort();
        low[place] = model.quantile(column, count, spec.band[0]);
        high[place] = model.quantile(column, count, spec.band[1]);
        mid[place] = spec.center === 'mean' ? total / count : model.quantile(column, count, 0.5);
      });
      return { state: job.state, out: out, mid: mid, low: low, high: high, draws: count };
    }

    function evaluate(payload, state, draws) {
      var job = begin(payload, state, draws);
      advance(job, job.count);
      return finish(job);
    }

    // ── words, traces and tables ──────────────────────────────────────────────────────────────
    function fill(payload, result, text, main, locale) {
      return text.replace(PLACEHOLDER, function (all, name, part) {
        var control;
        if (name[0] === '@') {
          control = payload.controls.find(function (c) { return c.name === name.slice(1); });
          var key = own(result.state.choices, control.name) ? result.state.choices[control.name] : control.default;
          return control.options.find(function (o) { return o.key === key; }).label;
        }
        if (name === 'x' || name === 'low' || name === 'high') { part = name === 'x' ? 'abs' : name; name = main; }
        if (own(payload.outputs, name)) {
          var output = payload.outputs[name], unit = payload.units[output.unit];
          var vector = part === 'low' ? result.low : part === 'high' ? result.high : result.mid;
          var x = vector[output.start] / unit.scale;
          var bare = part === 'low' || part === 'high' || part === 'bare';
          return amount(part === 'abs' ? Math.abs(x) : x, unit, output.digits, output.style + (bare ? ' bare' : ''), locale);
        }
        control = payload.controls.find(function (c) { return c.id === name; });
        var value = own(result.state.changes, name) ? result.state.changes[name] : control.value;
        return amount(value, payload.units[control.unit], 6, '', locale);
      });
    }

    function headlines(payload, result, locale) {
      return payload.headlines.map(function (h) {
        var output = payload.outputs[h.output], unit = payload.units[output.unit];
        var x = result.mid[output.start] / unit.scale;
        var printed = amount(x, unit, output.digits, output.style + ' bare', 'en');
        var text = !/[1-9]/.test(printed) ? h.zero : x > 0 ? h.above : h.below;
        if (h.tail && result.low[output.start] < result.high[output.start]) text += '\n' + h.tail;
        return fill(payload, result, text, h.output, locale);
      }).filter(Boolean);
    }

    function points(payload, vector, name) {
      var output = payload.outputs[name], scale = payload.units[output.unit].scale, found = [];
      for (var i = 0; i < output.size; i += 1) found.push(vector[output.start + i] / scale);
      return found;
    }

    function series(payload, result, chart) {
      var x = typeof chart.x === 'string' ? points(payload, result.out, chart.x) : chart.x;
      return chart.series.map(function (s) {
        var one = Object.assign({}, s, { x: x, y: points(payload, result.mid, s.y), low: null, high: null });
        if (s.band) {
          one.low = points(payload, s.low ? result.mid : result.low, s.low || s.y);
          one.high = points(payload, s.high ? result.mid : result.high, s.high || s.y);
        }
        return one;
      });
    }

    function table(payload, result, chart) {
      var shown = series(payload, result, chart);
      var columns = [chart.x_title || ''], cells = [shown[0].x];
      if (shown[0].labels) { columns.unshift(shown[0].name); cells.unshift(shown[0].labels); }
      shown.forEach(function (s) {
        columns.push(s.labels ? chart.y_title : s.name); cells.push(s.y);
        if (s.low) { columns.push(s.name + ', low', s.name + ', high'); cells.push(s.low, s.high); }
      });
      return { columns: columns, rows: cells[0].map(function (_, i) { return cells.map(function (c) { return c[i]; }); }) };
    }

    function marks(payload, result, chart, locale) {
      var shown = [];
      chart.marks.forEach(function (m) {
        var x = points(payload, result.mid, m.x)[0];
        if (typeof chart.x === 'string') {
          var axis = points(payload, result.out, chart.x);
          if (x < Math.min.apply(null, axis) || x > Math.max.apply(null, axis)) return;
        }
        shown.push({ x: x, y: points(payload, result.mid, m.y)[0], text: fill(payload, result, m.text, '', locale), color: m.color, place: m.place });
      });
      return shown;
    }

    function cell(x, digits, locale) {
      var rounded = significant(x, digits);
      if (Math.abs(rounded) < 1e-9) return '0';
      var power = Number(rounded.toExponential(6).split('e')[1]);
      var decimals = Math.min(6, Math.max(0, digits - 1 - power));
      return formatValue(rounded, { symbol: '', symbol_nb: '', kind: 'number', scale: 1, decimals: 2 }, String(decimals), locale);
    }

    return {
      accept: accept, advance: advance, amount: amount, begin: begin, cell: cell, emptyState: emptyState, evaluate: evaluate, fill: fill, finish: finish, fixed: fixed,
      formatValue: formatValue, fromFile: fromFile, fromLink: fromLink, headlines: headlines, marks: marks,
      points: points, series: series, significant: significant, table: table, toFile: toFile, toLink: toLink
    };
  }
  var core = define(globalThis.HPModel);
  core.source = define.toString();
  globalThis.HPExplorerCore = core;
})();

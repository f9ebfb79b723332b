// The explorers of a page: controls, live results, charts, links and files. Needs HPModel and
// HPExplorerCore (classic scripts, so that they also load from file://); sends no request but for
// the chart library, which comes from the folder of this script.
(function () {
  'use strict';
  var core = globalThis.HPExplorerCore;
  var here = document.currentScript ? document.currentScript.src.replace(/[^/]*$/, '') : '';
  var root = document.documentElement;
  var sections = Array.prototype.slice.call(document.querySelectorAll('section.hp-explorer'));
  var darkQuery = window.matchMedia('(prefers-color-scheme: dark)');
  var SLICE_MS = 8;
  var SPEAK_MS = 600;
  var UNDO_MS = 800;
  var COLAB = 'https://colab.research.google.com/#upload=true';
  var AT_ONCE = { mode: 'immediate', transition: { duration: 0 }, frame: { duration: 0, redraw: false } };
  var explorers = [];

  // ── small helpers ─────────────────────────────────────────────────────────────────────────
  function make(tag, attributes, text) {
    var element = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (key) {
      if (attributes[key] === true) element.setAttribute(key, '');
      else if (attributes[key] !== false && attributes[key] !== null) element.setAttribute(key, attributes[key]);
    });
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function button(text, act, label) {
    var element = make('button', { type: 'button', 'aria-label': label || null }, text);
    element.addEventListener('click', act);
    return element;
  }

  var printing = false;
  function isDark() {
    if (printing) return false;
    var chosen = document.body.dataset.theme;
    return chosen === 'dark' || (chosen !== 'light' && darkQuery.matches);
  }

  function remembered(key, value) {
    try {
      if (value === undefined) return window.localStorage.getItem(key);
      window.localStorage.setItem(key, value);
    } catch (error) { /* private mode or file://: the choice lasts for this page */ }
    return value === undefined ? null : value;
  }

  var locale = remembered('hp-numbers') === 'nb' ? 'nb' : 'en';

  var library = null;
  function plotly() {
    if (window.Plotly) return Promise.resolve(window.Plotly);
    if (window.hpLoadPlotly) return window.hpLoadPlotly();
    if (!library) library = new Promise(function (resolve, reject) {
      var script = make('script', { src: here + 'plotly-basic.min.js' });
      script.onload = function () { resolve(window.Plotly); };
      script.onerror = reject;
      document.head.appendChild(script);
    });
    return library;
  }

  function save(name, content) {
    var url = typeof content === 'string' ? content : URL.createObjectURL(content);
    var link = make('a', { href: url, download: name });
    link.click();
    if (typeof content !== 'string') setTimeout(function () { URL.revokeObjectURL(url); }, 1000);
  }

  function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    return Promise.reject(new Error('no clipboard'));
  }

  // ── draws off the main thread; in slices on it where workers are not allowed ──────────────────
  var worker; // not yet tried; null where there can be none
  var running = null;
  var queue = {};

  function startWorker() {
    var source = 'var model=(' + globalThis.HPModel.source + ')();var core=(' + core.source + ')(model);' +
      'var known={};onmessage=function(e){var m=e.data;if(m.payload){known[m.id]=m.payload;return;}' +
      'var r=core.evaluate(known[m.id],m.state);postMessage({out:r.out,mid:r.mid,low:r.low,high:r.high,draws:r.draws});};';
    try {
      var url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
      worker = new Worker(url);
      worker.onmessage = function (event) {
        var done = running;
        running = null;
        done.resolve(event.data);
        pump();
      };
      worker.onerror = function (event) {
        event.preventDefault();
        worker = null;
        if (running) slices(running);
        running = null;
        Object.keys(queue).forEach(function (id) { slices(queue[id]); });
        queue = {};
      };
      explorers.forEach(function (x) { worker.postMessage({ id: x.payload.id, payload: x.payload }); });
    } catch (error) {
      worker = null;
    }
  }

  // One task at a time, and of each explorer only the latest: a fast movement leaves no queue behind.
  function pump() {
    var id = Object.keys(queue)[0];
    if (running || !id) return;
    running = queue[id];
    delete queue[id];
    worker.postMessage({ id: id, state: running.state });
  }

  function slices(task) {
    var job = core.begin(task.payload, task.state);
    (function step() {
      if (task.dropped()) { task.resolve(null); return; }
      var until = performance.now() + SLICE_MS;
      while (!core.advance(job, 32)) if (performance.now() > until) { setTimeout(step, 0); return; }
      task.resolve(core.finish(job));
    })();
  }

  // Resolves with the full result, or with null when a later state took its place.
  function refine(payload, state, dropped) {
    return new Promise(function (resolve) {
      var task = { payload: payload, state: state, dropped: dropped, resolve: resolve };
      if (worker === undefined) startWorker();
      if (!worker) { slices(task); return; }
      if (queue[payload.id]) queue[payload.id].resolve(null);
      queue[payload.id] = task;
      pump();
    });
  }

  // ── charts ────────────────────────────────────────────────────────────────────────────────
  function rgba(hex, alpha) {
    var n = parseInt(hex.slice(1), 16);
    return 'rgba(' + (n >> 16) + ',' + ((n >> 8) & 255) + ',' + (n & 255) + ',' + alpha + ')';
  }

  function wrapped(text, width) {
    return text.split(' ').reduce(function (lines, word) {
      var last = lines.length - 1;
      if (lines[last] && lines[last].length + 1 + word.length > width) lines.push(word);
      else lines[last] = (lines[last] + ' ' + word).trim();
      return lines;
    }, ['']);
  }

  function picker(payload, dark) {
    return function (name) { return payload.colors[name][dark ? 1 : 0]; };
  }

  function traces(payload, result, chart, color) {
    var found = [];
    core.series(payload, result, chart).forEach(function (s) {
      var c = color(s.color), across = chart.horizontal;
      if (s.kind === 'line') {
        if (s.low) {
          var edge = { type: 'scatter', mode: 'lines', x: s.x, line: { width: 0 }, hoverinfo: 'skip', showlegend: false };
          found.push(Object.assign({}, edge, { y: s.low }));
          found.push(Object.assign({}, edge, { y: s.high, fill: 'tonexty', fillcolor: rgba(c, 0.16) }));
        }
        found.push({ type: 'scatter', mode: 'lines', name: s.name, x: s.x, y: s.y, line: { color: c, width: 2.5, dash: s.dash || 'solid' } });
        return;
      }
      if (s.kind === 'dots') {
        found.push({ type: 'scatter', mode: 'markers', name: s.name, x: s.x, y: s.y, text: s.labels || undefined, marker: { color: c, size: 7, opacity: 0.75 }, hovertemplate: '%{text}<br>%{x:,.0f}: %{y:,.0f}<extra></extra>' });
        return;
      }
      var bar = { type: 'bar', name: s.name, marker: { color: c }, orientation: across ? 'h' : 'v' };
      bar[across ? 'y' : 'x'] = s.x;
      bar[across ? 'x' : 'y'] = s.y;
      if (s.low) bar[across ? 'error_x' : 'error_y'] = {
        type: 'data', symmetric: false, color: color('ink'), thickness: 1.5, width: 5,
        array: s.high.map(function (v, i) { return v > s.low[i] ? v - s.y[i] : null; }),
        arrayminus: s.low.map(function (v, i) { return s.high[i] > v ? s.y[i] - v : null; })
      };
      found.push(bar);
    });
    core.marks(payload, result, chart, locale).forEach(function (m) {
      found.push({
        type: 'scatter', mode: 'markers+text', x: [m.x], y: [m.y], text: [m.text], textposition: placed(payload, result, chart, m), cliponaxis: false,
        marker: { color: color(m.color), size: 9 }, textfont: { color: color('ink') }, hoverinfo: 'skip', showlegend: false
      });
    });
    return found;
  }

  // Words beside a point near an end of the axis go inwards.
  function placed(payload, result, chart, mark) {
    if (typeof chart.x !== 'string' || !/center$/.test(mark.place)) return mark.place;
    var x = core.points(payload, result.out, chart.x), scale = chart.x_log ? Math.log : Number;
    var low = scale(Math.min.apply(null, x)), high = scale(Math.max.apply(null, x));
    var share = (scale(mark.x) - low) / (high - low);
    return mark.place.replace('center', share < 0.3 ? 'right' : share > 0.7 ? 'left' : 'center');
  }

  function span(payload, result, chart) {
    var found = chart.zero ? [0] : [];
    core.series(payload, result, chart).forEach(function (s) {
      found = found.concat(s.y, s.low || [], s.high || []);
    });
    if (chart.stacked) {
      var up = 0, down = 0;
      core.series(payload, result, chart)[0].x.forEach(function (_, i) {
        var above = 0, below = 0;
        core.series(payload, result, chart).forEach(function (s) { if (s.y[i] > 0) above += s.y[i]; else below += s.y[i]; });
        up = Math.max(up, above);
        down = Math.min(down, below);
      });
      return [down, up];
    }
    return [Math.min.apply(null, found), Math.max.apply(null, found)];
  }

  // On the page the legend is HTML, which does not cost a redraw; a picture has its own.
  function layout(chart, color, range, width, legend) {
    var axis = { automargin: true, gridcolor: color('grid'), linecolor: color('grid'), zerolinecolor: color('muted'), zerolinewidth: 1, fixedrange: true, tickformat: ',', tickfont: { color: color('muted') } };
    var titled = function (text) { return Object.assign({}, axis, { title: { text: text, standoff: 8, font: { color: color('muted'), size: 12 } } }); };
    var x = titled(chart.horizontal ? chart.y_title : chart.series[0].kind === 'bars' ? '' : chart.x_title);
    var y = titled(chart.horizontal ? '' : chart.y_title);
    (chart.horizontal ? x : y).range = range;
    if (chart.x_log) { x.type = 'log'; x.dtick = 1; }
    if (chart.series[0].kind !== 'bars' && typeof chart.x !== 'string') x.tickformat = 'd';
    if (chart.horizontal) {
      y.range = [chart.x.length - 0.5, -0.5]; // from the top
      y.tickvals = chart.x;
      y.ticktext = chart.x.map(function (text) { return wrapped(text, Math.max(12, Math.floor(width / 20))).join('<br>'); });
    }
    return {
      height: chart.height, margin: { l: 8, r: 12, t: 8, b: 8 }, paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)',
      font: { family: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Liberation Sans', sans-serif", size: width < 420 ? 11 : 12, color: color('ink') },
      separators: locale === 'nb' ? ',\u00a0' : '.\u00a0', xaxis: x, yaxis: y, barmode: chart.stacked ? 'relative' : 'group', bargap: 0.3, dragmode: false,
      legend: { orientation: 'h', traceorder: 'normal', x: 0, y: 1.02, yanchor: 'bottom', font: { size: 12 } }, showlegend: Boolean(legend) && chart.series.length > 1, hovermode: chart.series[0].kind === 'line' ? 'x' : 'closest',
      hoverlabel: { bgcolor: color('page'), bordercolor: color('muted'), font: { color: color('ink') } }
    };
  }

  // ── one explorer ──────────────────────────────────────────────────────────────────────────
  function Explorer(section) {
    var self = this;
    this.section = section;
    this.payload = JSON.parse(section.querySelector('.hx-data').textContent);
    this.state = core.emptyState();
    this.past = [];
    this.turn = 0;
    this.near = false;
    this.ranges = {};
    this.widths = {};
    this.frames = {};
    this.drawn = {};
    this.stale = {};
    this.seen = {};
    this.quiet = Promise.resolve();
    this.message = section.querySelector('.hx-message[role=status]');
    this.fields = {};
    this.buildControls();
    this.buildBar();
    this.buildShare();
    section.querySelector('.hx-controls').disabled = false;
    section.hpExplorer = {
      payload: this.payload,
      state: function () { return self.state; },
      result: function () { return self.result; },
      set: function (state) {
        return self.approach().then(function () { self.apply(state); return self.settled(); });
      },
      settled: function () { return self.approach().then(function () { return self.settled(); }); }
    };
  }

  // Computed when first asked for: a page opens at once, however many explorers it has.
  Object.defineProperty(Explorer.prototype, 'result', {
    get: function () {
      if (!this.found) this.found = core.evaluate(this.payload, this.state, this.payload.draws.first);
      return this.found;
    },
    set: function (found) { this.found = found; }
  });

  Explorer.prototype.settled = function () {
    var self = this, promise = this.quiet;
    return promise.then(function () {
      if (promise !== self.quiet) return self.settled();
      self.flush();
      return Promise.all(Object.values(self.drawn)).then(function () { return self.result; });
    });
  };

  Explorer.prototype.control = function (name) {
    return this.payload.controls.find(function (c) { return (c.id || c.name) === name; });
  };

  Explorer.prototype.buildControls = function () {
    var self = this;
    Array.prototype.forEach.call(this.section.querySelectorAll('.hx-control[data-name]'), function (box) {
      var name = box.dataset.name, control = self.control(name);
      if (control.kind === 'choice') {
        var select = box.querySelector('select');
        self.fields[name] = { box: box, select: select, note: make('p', { class: 'hx-note' }) };
        box.append(self.fields[name].note);
        select.addEventListener('change', function () { self.choose(name, select.value); });
        return;
      }
      var field = { box: box, range: box.querySelector('[type=range]'), number: box.querySelector('[type=number]'), note: box.querySelector('.hx-note') };
      self.fields[name] = field;
      field.range.addEventListener('input', function () { self.read(name, field.range.value); });
      field.range.addEventListener('change', function () { self.commit(name); });
      field.number.addEventListener('input', function () { field.typing = true; });
      field.number.addEventListener('blur', function () { field.typing = false; });
      field.number.addEventListener('change', function () { field.typing = false; if (self.read(name, field.number.value)) self.commit(name); });
      field.back = button('Back to default', function () {
        var changes = Object.assign({}, self.state.changes);
        delete changes[name];
        self.apply({ changes: changes, choices: self.state.choices });
        field.number.focus();
      }, 'Back to default: ' + control.label);
      field.back.hidden = true;
      box.appendChild(field.back);
      var link = make('a', { class: 'hx-status', href: (root.dataset.content_root || '') + 'book/register.html#' + control.id, title: control.note || null }, control.status);
      link.setAttribute('aria-label', control.status + ': record of ' + control.label);
      box.querySelector('label').insertAdjacentElement('afterend', link);
      if (control.uncertain) {
        field.range.style.setProperty('--low', 100 * Math.max(0, (control.low - control.min) / (control.max - control.min)) + '%');
        field.range.style.setProperty('--high', 100 * Math.min(1, (control.high - control.min) / (control.max - control.min)) + '%');
      }
    });
    var preset = this.section.querySelector('.hx-preset select');
    if (preset) {
      this.preset = preset;
      preset.addEventListener('change', function () {
        var chosen = self.payload.presets[Number(preset.value)];
        self.apply({ changes: Object.assign({}, chosen.changes), choices: Object.assign({}, chosen.choices) });
        self.say('');
      });
    }
  };

  // A number from a control: what is typed outside the limits is undone, with a message.
  Explorer.prototype.read = function (name, text) {
    var control = this.control(name), field = this.fields[name], shown = control.shown;
    var typed = text.trim() === '' ? NaN : Number(text);
    var x = Number((typed / shown.factor).toPrecision(12));
    var wrong = !isFinite(x) || x < control.min || x > control.max;
    if (wrong) {
      this.paintControls();
      var self = this, say = function (v) { return core.formatValue(v, self.payload.units[control.unit], String(control.shown.decimals), locale); };
      this.say(control.label + ': allowed is ' + say(control.min) + ' to ' + say(control.max) + '. Kept at ' + say(this.valueOf(name)) + '.');
      return false;
    }
    if (!this.before) this.before = this.state;
    var changes = Object.assign({}, this.state.changes);
    if (x === control.value) delete changes[name]; else changes[name] = x;
    this.state = { changes: changes, choices: this.state.choices };
    this.say('');
    this.update();
    return true;
  };

  Explorer.prototype.valueOf = function (name) {
    var changes = this.state.changes;
    return Object.prototype.hasOwnProperty.call(changes, name) ? changes[name] : this.control(name).value;
  };

  Explorer.prototype.choose = function (name, key) {
    if (!this.before) this.before = this.state;
    var choices = Object.assign({}, this.state.choices);
    if (key === this.control(name).default) delete choices[name]; else choices[name] = key;
    this.state = { changes: this.state.changes, choices: choices };
    this.update();
    this.commit();
  };

  // One step of undo per finished movement; key presses on one control that follow closely are one.
  Explorer.prototype.commit = function (name) {
    var before = this.before || this.last || core.emptyState(), now = performance.now();
    var same = name && name === this.moved && now - this.movedAt < UNDO_MS;
    this.before = null;
    if (!same && core.toLink(this.payload, before) !== core.toLink(this.payload, this.state)) this.past.push(before);
    this.moved = name;
    this.movedAt = now;
    this.last = this.state;
    this.undo.disabled = !this.past.length;
  };

  Explorer.prototype.apply = function (state) {
    this.before = this.before || this.state;
    this.state = state;
    this.update();
    this.commit();
  };

  Explorer.prototype.say = function (text) {
    this.message.hidden = !text;
    this.message.textContent = text;
  };

  Explorer.prototype.buildBar = function () {
    var self = this, bar = this.section.querySelector('.hx-bar');
    this.undo = button('Undo', function () {
      var state = self.past.pop();
      if (!state) return;
      self.state = state;
      self.last = state;
      self.update();
      self.undo.disabled = !self.past.length;
      if (self.undo.disabled) self.reset.focus();
    });
    this.undo.disabled = true;
    this.reset = button('Reset', function () {
      self.ranges = {};
      self.apply(core.emptyState());
      self.say('Everything is at its default.');
    });
    this.copyLink = button('Copy link', function () {
      var link = self.link();
      try { history.replaceState(null, '', link); } catch (error) { /* not allowed for this address */ }
      copy(link).then(function () { self.say('The link with your settings is copied.'); }, function () { self.show('Link with your settings', link); });
    });
    this.numbers = make('select', { 'aria-label': 'How numbers are written' });
    this.numbers.append(make('option', { value: 'en' }, '1 234.5'), make('option', { value: 'nb' }, '1 234,5'));
    this.numbers.value = locale;
    this.numbers.addEventListener('change', function () { setLocale(self.numbers.value); });
    this.tally = make('span', { class: 'hx-tally' });
    bar.append(this.undo, this.reset, this.copyLink, this.tally, this.numbers);
  };

  Explorer.prototype.link = function (embed) {
    var address = location.href.split('#')[0].split('?')[0];
    return address + (embed ? '?embed=' + this.payload.id : '') + '#' + core.toLink(this.payload, this.state);
  };

  // Text to copy by hand, where the clipboard is out of reach.
  Explorer.prototype.show = function (title, text) {
    this.shown.hidden = false;
    this.shown.querySelector('label').firstChild.textContent = title;
    var area = this.shown.querySelector('textarea');
    area.value = text;
    area.focus();
    area.select();
  };

  Explorer.prototype.buildShare = function () {
    var self = this, box = this.section.querySelector('.hx-share'), id = this.payload.id.replace(/_/g, '-');
    var details = make('details'), tools = make('div', { class: 'hx-tools' });
    details.append(make('summary', {}, 'Save, embed, open in Jupyter'), tools);
    var name = function (ending) { return 'helseplattformen-' + id + ending; };
    tools.append(
      button('Scenario (JSON)', function () { save(name('.json'), new Blob([core.toFile(self.payload, self.state)], { type: 'application/json' })); }),
      button('Notebook', function () { save(name('.ipynb'), new Blob([self.notebook()], { type: 'application/x-ipynb+json' })); }, 'Jupyter notebook with these settings'),
      button('Embed code', function () {
        var frame = make('iframe', { src: self.link(true), title: self.payload.title, width: '100%', height: '900', loading: 'lazy' });
        self.give('Code for another page', frame.outerHTML);
      }),
      button('Python code', function () { self.give('Code for Jupyter', self.python()); })
    );
    var file = make('input', { type: 'file', accept: '.json,application/json' });
    var open = make('label', { class: 'hx-file' }, 'Open a scenario file ');
    open.append(file);
    file.addEventListener('change', function () {
      if (!file.files.length) return;
      file.files[0].text().then(function (text) { self.take(core.fromFile(self.payload, text)); file.value = ''; });
    });
    tools.append(open);
    var launch = document.querySelector('.hp-launch[data-open]');
    if (launch) {
      // Carries the settings of the moment it is used: hovered, focused or followed.
      var binder = make('a', {}, 'Open these settings on Binder');
      var aim = function () {
        var state = core.toLink(self.payload, self.state).slice(2);
        binder.href = launch.dataset.open + encodeURIComponent(encodeURIComponent(state));
      };
      ['pointerover', 'focusin', 'click'].forEach(function (kind) { binder.addEventListener(kind, aim); });
      aim();
      var line = make('p', { class: 'hx-note' });
      line.append(binder, '. For Colab, save the notebook and ', make('a', { href: COLAB }, 'upload it there'), '.');
      tools.append(line);
      this.fetch = launch.dataset.fetch;
    }
    this.shown = make('div', { class: 'hx-shown', hidden: true });
    var label = make('label', {}, ' ');
    label.append(make('textarea', { readonly: true, rows: 4, spellcheck: 'false' }));
    this.shown.append(label);
    box.append(details, this.shown);
  };

  Explorer.prototype.give = function (title, text) {
    var self = this;
    copy(text).then(function () { self.say(title + ': copied.'); self.show(title, text); }, function () { self.show(title, text); });
  };

  Explorer.prototype.take = function (read) {
    this.apply(read.state);
    this.say(read.messages.join(' '));
  };

  Explorer.prototype.python = function () {
    var write = function (settings) { return JSON.stringify(settings, Object.keys(settings).sort()); };
    return 'from analysis import explorer\n\nexplorer.show(\n    ' + JSON.stringify(this.payload.id) +
      ',\n    changes=' + write(this.state.changes) + ',\n    choices=' + write(this.state.choices) + ',\n)\n';
  };

  // Twin of analysis/site/binder.py, with where it was made and how to fetch the project.
  Explorer.prototype.notebook = function () {
    var lines = function (text) { return text.split(/(?<=\n)/); };
    var code = function (id, text) {
      return { cell_type: 'code', id: id, execution_count: null, metadata: {}, outputs: [], source: lines(text) };
    };
    var text = '# ' + this.payload.title + '\n\nRun the code below. Data version ' + this.payload.base + '.\n' +
      '\nMade on ' + location.href.split('#')[0] + '\n';
    var cells = [{ cell_type: 'markdown', id: 'what', metadata: {}, source: lines(text) }, code('show', this.python().trim())];
    if (this.fetch) cells.splice(1, 0, code('fetch', this.fetch));
    return JSON.stringify({
      cells: cells, metadata: { kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' } }, nbformat: 4, nbformat_minor: 5
    }, null, 1) + '\n';
  };

  // Downloads under each chart.
  Explorer.prototype.offer = function (chart) {
    var self = this, tools = this.figure(chart).querySelector('.hp-tools');
    var name = 'helseplattformen-' + this.payload.id.replace(/_/g, '-') + '-' + chart.id;
    var kinds = {
      PNG: function () { self.picture(chart, 'png', name); },
      SVG: function () { self.picture(chart, 'svg', name); },
      CSV: function () { save(name + '.csv', new Blob(['\ufeff' + self.csv(chart)], { type: 'text/csv' })); }
    };
    tools.append('Download: ');
    Object.keys(kinds).forEach(function (kind) {
      tools.append(button(kind, kinds[kind], 'Download “' + chart.title + '” as ' + kind));
    });
  };

  Explorer.prototype.csv = function (chart) {
    var table = core.table(this.payload, this.result, chart);
    var quote = function (x) { var text = String(x); return /[",\r\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; };
    return [table.columns].concat(table.rows).map(function (row) { return row.map(quote).join(','); }).join('\r\n') + '\r\n';
  };

  // The picture carries title, headline and link, so that it can travel alone.
  Explorer.prototype.picture = function (chart, format, name) {
    var self = this, color = picker(this.payload, false);
    var safe = function (text) { return text.replace(/&/g, '&amp;').replace(/</g, '&lt;'); };
    plotly().then(function (Plotly) {
      var headline = core.headlines(self.payload, self.result, locale)[0].replace('\n', ' ');
      var title = wrapped(safe(chart.title), 80).concat(wrapped(safe(headline), 110).map(function (line) {
        return '<span style="font-size:12px">' + line + '</span>';
      }));
      var foot = wrapped(safe(self.link() + ' Data version ' + self.payload.base), 130);
      var wide = layout(chart, color, self.ranges[chart.id], 900, true);
      wide.paper_bgcolor = '#ffffff';
      wide.title = { text: title.join('<br>'), x: 0.01, xanchor: 'left', y: 1, yanchor: 'top', pad: { t: 16 }, font: { size: 16 } };
      wide.height = 420 + 22 * title.length + 14 * foot.length;
      wide.margin = { l: 8, r: 16, t: 40 + 22 * title.length, b: 64 + 14 * foot.length };
      wide.annotations = [{
        text: foot.join('<br>'), showarrow: false, align: 'left', font: { size: 9 },
        xref: 'paper', x: 0, xanchor: 'left', yref: 'paper', y: 0, yanchor: 'top', yshift: -44
      }];
      return Plotly.toImage(
        { data: traces(self.payload, self.result, chart, color), layout: wide },
        { format: format, width: 960, height: wide.height, scale: format === 'png' ? 2 : 1 }
      ).then(function (url) { save(name + '.' + format, url); });
    }, function () { self.say('The chart library could not be loaded.'); });
  };

  // ── results ───────────────────────────────────────────────────────────────────────────────
  Explorer.prototype.update = function () {
    var self = this, turn = this.turn += 1;
    this.quiet = new Promise(function (resolve) {
      requestAnimationFrame(function () {
        if (turn !== self.turn) { resolve(); return; }
        self.result = core.evaluate(self.payload, self.state, self.payload.draws.first);
        self.paint();
        if (self.result.draws < 1) { resolve(); return; }
        refine(self.payload, self.state, function () { return turn !== self.turn; }).then(function (full) {
          if (full && turn === self.turn) {
            self.result = Object.assign({ state: self.state }, { out: full.out, mid: full.mid, low: full.low, high: full.high, draws: full.draws });
            self.paint();
          }
          resolve();
        });
      });
    });
    return this.quiet;
  };

  Explorer.prototype.paint = function () {
    this.paintControls();
    this.paintWords();
    if (this.near) this.paintCharts();
    this.paintTables();
  };

  Explorer.prototype.paintControls = function () {
    var self = this, count = 0;
    Object.keys(this.fields).forEach(function (name) {
      var field = self.fields[name], control = self.control(name);
      if (control.kind === 'choice') {
        var key = Object.prototype.hasOwnProperty.call(self.state.choices, name) ? self.state.choices[name] : control.default;
        field.select.value = key;
        field.note.textContent = key === control.default ? '' : 'Default: ' + control.options.find(function (o) { return o.key === control.default; }).label;
        field.box.classList.toggle('hx-off', key !== control.default);
        count += key !== control.default;
        return;
      }
      var x = self.valueOf(name), off = x !== control.value, text = (x * control.shown.factor).toFixed(control.shown.decimals);
      if (Number((Number(text) / control.shown.factor).toPrecision(12)) !== x) text = String(Number((x * control.shown.factor).toPrecision(12)));
      if (document.activeElement !== field.range || field.range.value !== text) field.range.value = text;
      // What is being typed is left alone until it is done.
      if (!field.typing) field.number.value = text;
      field.range.setAttribute('aria-valuetext', core.formatValue(x, self.payload.units[control.unit], '', locale));
      field.box.classList.toggle('hx-off', off);
      field.back.hidden = !off;
      field.note.textContent = self.note(control, off);
      count += off;
    });
    if (this.preset) {
      var link = core.toLink(this.payload, this.state), match = '';
      this.payload.presets.forEach(function (p, i) { if (match === '' && core.toLink(self.payload, p) === link) match = String(i); });
      this.preset.value = match;
      this.preset.parentNode.querySelector('.hx-note').textContent = match === '' ? '' : this.payload.presets[Number(match)].description;
    }
    this.tally.textContent = count ? count + (count === 1 ? ' setting changed' : ' settings changed') : 'All at default';
    this.numbers.value = locale;
  };

  Explorer.prototype.note = function (control, off) {
    var unit = this.payload.units[control.unit];
    var write = function (x) { return core.formatValue(x, unit, control.shown.decimals + ' bare', locale); };
    var text = 'Default ' + write(control.value);
    if (!control.uncertain) return text;
    if (off) return text + '. Held at your value';
    var to = control.low < 0 ? (locale === 'nb' ? ' til ' : ' to ') : '–';
    return text + ', drawn from ' + write(control.low) + to + write(control.high) + (control.meaning === 'P10/P90' ? ' (eight of ten within)' : '');
  };

  Explorer.prototype.paintWords = function () {
    var self = this, lines = core.headlines(this.payload, this.result, locale), box = this.section.querySelector('.hx-headline');
    // Set at once for the eye; the live region (start) speaks only when the movement rests.
    box.querySelector('.hx-main').textContent = lines[0].split('\n')[0];
    this.section.querySelector('.hx-rest').textContent = [lines[0].split('\n')[1] || ''].concat(lines.slice(1)).join(' ').replace(/\n/g, ' ').trim();
    clearTimeout(this.speaking);
    this.speaking = setTimeout(function () { self.spoken.textContent = lines.join(' ').replace(/\n/g, ' '); }, SPEAK_MS);
  };

  Explorer.prototype.paintCharts = function () {
    var self = this, next = 0;
    this.payload.charts.forEach(function (chart) { self.stale[chart.id] = true; });
    clearTimeout(this.drawing);
    // One chart per turn of the event loop, the first at once; those out of sight wait until seen.
    (function step() {
      while (next < self.payload.charts.length) {
        var chart = self.payload.charts[next];
        next += 1;
        if (!self.seen[chart.id]) continue;
        self.paintChart(chart);
        self.drawing = setTimeout(step, 0);
        return;
      }
    })();
  };

  // Draw what waits, seen or not: for print and for those who ask.
  Explorer.prototype.flush = function () {
    var self = this;
    clearTimeout(this.drawing);
    this.payload.charts.forEach(function (chart) { if (self.near && self.stale[chart.id]) self.paintChart(chart); });
  };

  Explorer.prototype.paintChart = function (chart) {
    var self = this, color = picker(this.payload, isDark());
    delete this.stale[chart.id];
    var plot = self.figure(chart).querySelector('.hx-plot');
    plot.setAttribute('aria-label', core.fill(self.payload, self.result, chart.alt, '', locale));
    var now = span(self.payload, self.result, chart), old = self.ranges[chart.id];
    var pad = 0.06 * (now[1] - now[0]) || 1;
    // The axis stays put while it can, so that movement is seen; it only grows.
    if (!old || now[0] < old[0] || now[1] > old[1]) {
      old = [Math.min(old ? old[0] : Infinity, now[0] < 0 || !chart.zero ? now[0] - pad : 0), Math.max(old ? old[1] : -Infinity, now[1] > 0 || !chart.zero ? now[1] + pad : 0)];
      self.ranges[chart.id] = old;
    }
    var data = traces(self.payload, self.result, chart, color), width = self.widths[chart.id] || plot.clientWidth;
    // Where only numbers moved, the axes need not be drawn again, which is most of the work.
    var frame = JSON.stringify([old, width, isDark(), locale, data.map(function (t) { return Object.keys(t); })]);
    self.drawn[chart.id] = (self.frames[chart.id] === frame
      ? window.Plotly.animate(plot, { data: data, traces: data.map(function (_, i) { return i; }) }, AT_ONCE)
      : window.Plotly.react(plot, data, layout(chart, color, old.slice(), width), { displayModeBar: false, responsive: true })
    ).catch(function () { /* a later movement took its place */ });
    self.frames[chart.id] = frame;
  };

  Explorer.prototype.figure = function (chart) {
    return this.section.querySelector('[data-chart="' + chart.id + '"]');
  };

  Explorer.prototype.paintTables = function () {
    var self = this;
    this.payload.charts.forEach(function (chart) {
      var details = self.figure(chart).querySelector('details');
      if (!details.open) { details.dataset.stale = 'yes'; return; }
      self.paintTable(chart, details);
    });
  };

  Explorer.prototype.paintTable = function (chart, details) {
    var data = core.table(this.payload, this.result, chart), body = make('tbody');
    data.rows.forEach(function (row) {
      var line = make('tr');
      row.forEach(function (x, i) {
        var text = typeof x === 'string' || (i === 0 && typeof chart.x !== 'string') ? String(x) : core.cell(x, 4, locale);
        line.append(i ? make('td', { class: 'number' }, text) : make('th', { scope: 'row' }, text));
      });
      body.append(line);
    });
    details.querySelector('tbody').replaceWith(body);
    delete details.dataset.stale;
  };

  Explorer.prototype.start = function () {
    var self = this;
    this.spoken = make('p', { class: 'hx-hidden', 'aria-live': 'polite', 'aria-atomic': 'true' });
    this.section.append(this.spoken);
    this.payload.charts.forEach(function (chart) {
      var details = self.figure(chart).querySelector('details');
      details.addEventListener('toggle', function () { if (details.open && details.dataset.stale) self.paintTable(chart, details); });
    });
    this.section.classList.add('hx-live');
    var watch = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        var id = entry.target.dataset.chart;
        self.seen[id] = entry.isIntersecting;
        if (entry.isIntersecting && self.near && self.stale[id]) self.paintCharts();
      });
    }, { rootMargin: '200px' });
    var sizes = new ResizeObserver(function (entries) {
      entries.forEach(function (entry) { self.widths[entry.target.parentNode.dataset.chart] = entry.contentRect.width; });
    });
    this.payload.charts.forEach(function (chart) {
      watch.observe(self.figure(chart));
      sizes.observe(self.figure(chart).querySelector('.hx-plot'));
      self.offer(chart);
    });
    new IntersectionObserver(function (entries, watcher) {
      if (!entries.some(function (e) { return e.isIntersecting; })) return;
      watcher.disconnect();
      self.approach();
    }, { rootMargin: '300px' }).observe(this.section);
  };

  // The reader is near: fetch the chart library and draw.
  Explorer.prototype.approach = function () {
    var self = this;
    if (!this.arrival) this.arrival = plotly().then(function () {
      self.near = true;
      return self.update();
    }, function () {
      self.say('The chart library could not be loaded. The data is in the tables.');
      Array.prototype.forEach.call(self.section.querySelectorAll('.hx-table'), function (d) { d.open = true; });
    });
    return this.arrival;
  };

  // ── the page ──────────────────────────────────────────────────────────────────────────────
  function setLocale(chosen) {
    locale = chosen === 'nb' ? 'nb' : 'en';
    remembered('hp-numbers', locale);
    explorers.forEach(function (x) { x.paint(); });
  }

  function fragment() {
    try { return decodeURIComponent(location.hash); } catch (error) { return location.hash; }
  }

  function follow() {
    var text = fragment();
    if (text.slice(0, 3) !== '#s=') return;
    var name = text.split('~')[1];
    var target = explorers.find(function (x) { return x.payload.id === name; });
    if (!target) {
      if (explorers.length) explorers[0].say('The link could not be read; everything is at its default.');
      return;
    }
    target.take(core.fromLink(target.payload, text));
    target.section.scrollIntoView();
  }

  sections.forEach(function (section) { explorers.push(new Explorer(section)); });
  if (!explorers.length) return;
  var embedded = /[?&]embed=([a-z_]+)/.exec(location.search);
  var alone = embedded && explorers.find(function (x) { return x.payload.id === embedded[1]; });
  if (alone) {
    root.classList.add('hp-embed');
    document.body.replaceChildren(alone.section);
    explorers = [alone];
  }
  explorers.forEach(function (x) { x.start(); x.paintControls(); });
  follow();
  window.addEventListener('hashchange', follow);
  // On paper: light colours, every chart; where the chart library is not there yet, the table instead.
  function print(now) {
    printing = now;
    explorers.forEach(function (x) {
      x.payload.charts.forEach(function (chart) {
        var details = x.figure(chart).querySelector('details');
        if (!x.near && (now || details.dataset.opened)) {
          if (now && !details.open) details.dataset.opened = 'yes'; else delete details.dataset.opened;
          details.open = now;
        }
        x.stale[chart.id] = true;
      });
      x.flush();
    });
  }
  window.addEventListener('beforeprint', function () { print(true); });
  window.addEventListener('afterprint', function () { print(false); });
  new MutationObserver(function () { explorers.forEach(function (x) { if (x.near) x.paintCharts(); }); })
    .observe(document.body, { attributes: true, attributeFilter: ['data-theme'] });
  darkQuery.addEventListener('change', function () { explorers.forEach(function (x) { if (x.near) x.paintCharts(); }); });
})();

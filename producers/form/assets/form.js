// What the pages do beyond plain HTML: check while one types, remember the last choices, add rows,
// take a dropped file, follow the figures. Without it everything still works, a request at a time.
'use strict';
(() => {
  document.documentElement.classList.add('js');
  const lab = document.body.dataset.lab || '';

  // Storage may be forbidden; then nothing is remembered.
  const memory = {
    get(key) { try { return JSON.parse(localStorage.getItem('vitrine.' + lab + '.' + key)) || {}; } catch { return {}; } },
    set(key, value) { try { localStorage.setItem('vitrine.' + lab + '.' + key, JSON.stringify(value)); } catch { /* full or forbidden */ } },
    clear() { try { Object.keys(localStorage).filter(k => k.startsWith('vitrine.')).forEach(k => localStorage.removeItem(k)); } catch { /* forbidden */ } },
  };

  const form = document.querySelector('form.entry');
  if (form) entry(form);
  document.querySelectorAll('[data-signout]').forEach(b => b.addEventListener('click', () => memory.clear()));
  document.querySelectorAll('form[data-drop]').forEach(drop);
  document.querySelectorAll('[data-poll]').forEach(follow);

  function entry(form) {
    const words = form.dataset;
    const kind = words.kind;
    const say = (text, pairs) => Object.entries(pairs).reduce((s, [k, v]) => s.replace('{' + k + '}', v), text);

    // what was chosen last
    const remembered = () => [...form.querySelectorAll('[data-remember]')];
    if ('fresh' in words) {
      const last = memory.get(kind);
      for (const e of remembered()) if (!e.value && last[e.name]) e.value = last[e.name];
    }

    // what is wrong with a field, in words; empty if nothing is
    const blanks = /[\s'’.-]/g;
    function luhn(digits) {
      if (!/^\d+$/.test(digits) || /^0+$/.test(digits)) return false;
      let sum = 0;
      for (let i = 0; i < digits.length; i++) {
        let d = +digits[digits.length - 1 - i];
        if (i % 2) { d *= 2; if (d > 9) d -= 9; }
        sum += d;
      }
      return sum % 10 === 0;
    }
    function number(text) {
      const plain = text.replace(/[\s'’€%]/g, '').replace('\u2212', '-');
      if (/^-?\d{1,3}([,.]\d{3}){2,}$/.test(plain) || !/^-?\d+([.,]\d+)?$/.test(plain)) return NaN;
      return parseFloat(plain.replace(',', '.'));
    }
    const plainNumber = n => String(n).replace(/\B(?=(\d{3})+(?!\d))/g, document.documentElement.lang === 'fr' ? '\u202f' : ',');
    const isCode = s => /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,79}$/.test(s);
    function wrongLine(e, check) {
      const lines = e.value.split('\n');
      for (let i = 0; i < lines.length; i++) {
        const id = lines[i].split(';')[0].trim();
        const what = id && check(id);
        if (what) return say(words.mLine, {line: i + 1, what});
      }
      return '';
    }
    const checks = {
      int(e) { const n = number(e.value); return !Number.isInteger(n) ? words.mInt : range(e, n); },
      decimal(e) { const n = number(e.value); return Number.isNaN(n) ? words.mDecimal : range(e, n); },
      ref(e) { return isCode(e.value.trim()) ? '' : words.mRef; },
      refs(e) { return wrongLine(e, id => isCode(id) ? '' : words.mRef); },
      url(e) { return /^https?:\/\/[^\s"<>]{3,}$/.test(e.value.trim()) ? '' : words.mUrl; },
      siren(e) { const s = e.value.replace(blanks, ''); return s.length === 9 && luhn(s) ? '' : words.mSiren; },
      duration(e) { return /\d/.test(e.value) ? '' : words.mDuration; },
      companies(e) {
        return wrongLine(e, id => {
          const digits = id.replace(blanks, '');
          if (/^\d{9}$/.test(digits)) return luhn(digits) ? '' : words.mSiren;
          if (/^\d{14}$/.test(digits)) return luhn(digits) || digits.startsWith('356000000') ? '' : words.mSiret;
          return words.mCompany;
        });
      },
    };
    function range(e, n) {
      const {min, max} = e.dataset;
      return (min !== '' && n < +min) || (max !== '' && n > +max) ? say(words.mRange, {min: plainNumber(min), max: plainNumber(max)}) : '';
    }
    const byName = name => form.elements.namedItem(name);
    function wrong(e) {
      if (e.type === 'radio' || e.type === 'hidden') return '';
      if (e.validity && e.validity.badInput) return words.mDate;
      if (!e.value.trim()) {
        const start = byName('when_start'), duration = byName('when_duration');
        if (e.name === 'when_end' && duration && start && start.value && !duration.value) return words.mEndorduration;
        return e.required ? words.mMissing : '';
      }
      if (e.name === 'when_end') {
        const start = byName('when_start').value, other = byName('when_end_date');
        if (start && e.value < start && !(other && other.value && other.value !== byName('when_date').value)) {
          if (other) other.closest('details').open = true;
          return words.mOrder;
        }
      }
      const check = checks[e.dataset.rule];
      return check ? check(e) : '';
    }

    // shows it at the field
    function mark(e, text) {
      const field = e.closest('.field');
      const id = e.id + '-error';
      let p = document.getElementById(id);
      field.classList.toggle('bad', !!text);
      const others = (e.getAttribute('aria-describedby') || '').split(' ').filter(s => s && s !== id);
      if (!text) {
        if (p) p.remove();
        e.removeAttribute('aria-invalid');
      } else {
        if (!p) {
          p = document.createElement('p');
          p.className = 'error';
          p.id = id;
          (field.querySelector('.help') || field.querySelector('label, legend')).after(p);
        }
        if (p.textContent !== text) p.textContent = text;
        e.setAttribute('aria-invalid', 'true');
        others.push(id);
      }
      if (others.length) e.setAttribute('aria-describedby', others.join(' ')); else e.removeAttribute('aria-describedby');
    }
    const touched = new Set([...form.querySelectorAll('[aria-invalid]')]);
    const fields = () => [...form.querySelectorAll('.field > input, .field > select, .field > textarea')];
    form.addEventListener('focusout', ev => {
      if (!ev.target.matches('.field > input, .field > select, .field > textarea')) return;
      if (!ev.target.value && !touched.has(ev.target)) return; // passing through isn't a mistake
      touched.add(ev.target);
      mark(ev.target, wrong(ev.target));
    });
    form.addEventListener('input', ev => {
      if (touched.has(ev.target)) mark(ev.target, wrong(ev.target));
      if (/^when_/.test(ev.target.name)) for (const name of ['when_end', 'when_duration']) {
        const e = byName(name);
        if (e && touched.has(e)) mark(e, wrong(e));
      }
    });

    // sends it once, if nothing is wrong
    const summary = document.getElementById('summary');
    let sending = false;
    form.addEventListener('submit', ev => {
      if (ev.submitter && ev.submitter.name === 'more') return;
      if (sending) { ev.preventDefault(); return; }
      const list = [];
      for (const e of fields()) {
        const text = wrong(e);
        touched.add(e);
        mark(e, text);
        if (text) list.push([e.id, e.closest('.field').querySelector('label').firstChild.textContent, text]);
      }
      for (const set of form.querySelectorAll('[data-radio]')) {
        const missing = !set.querySelector(':checked');
        mark2(set, missing ? words.mMissing : '');
        if (missing) list.push([set.id, set.querySelector('legend').firstChild.textContent, words.mMissing]);
      }
      if (list.length) {
        ev.preventDefault();
        const ul = summary.querySelector('ul');
        ul.replaceChildren(...list.map(([id, label, text]) => {
          const li = document.createElement('li'), a = document.createElement('a');
          a.href = '#' + id;
          a.textContent = say(words.mErrors, {label, text});
          li.append(a);
          return li;
        }));
        summary.hidden = false;
        summary.focus();
        return;
      }
      const last = {};
      for (const e of remembered()) if (e.value) last[e.name] = e.value;
      memory.set(kind, last);
      sending = true;
      if (ev.submitter) ev.submitter.setAttribute('aria-disabled', 'true');
    });
    window.addEventListener('pageshow', () => { // back from the next page
      sending = false;
      form.querySelectorAll('[aria-disabled]').forEach(b => b.removeAttribute('aria-disabled'));
    });
    function mark2(set, text) {
      set.classList.toggle('bad', !!text);
      let p = document.getElementById(set.id + '-error');
      if (!text) { if (p) p.remove(); return; }
      if (!p) {
        p = document.createElement('p');
        p.className = 'error';
        p.id = set.id + '-error';
        set.querySelector('legend').after(p);
        set.setAttribute('aria-describedby', p.id);
      }
      p.textContent = text;
    }
    form.addEventListener('change', ev => { if (ev.target.type === 'radio') mark2(ev.target.closest('fieldset'), ''); });

    // The summary's links put the focus into the field. The key that followed the link may have its second half
    // there, which would send the form.
    let followed = {at: -1000};
    form.addEventListener('keypress', ev => { if (ev.key === 'Enter' && ev.target === followed.field && performance.now() - followed.at < 400) ev.preventDefault(); });
    summary.addEventListener('click', ev => {
      const a = ev.target.closest('a');
      const target = a && document.getElementById(a.hash.slice(1));
      if (!target) return;
      ev.preventDefault();
      followed = {field: target, at: performance.now()};
      for (let d = target.closest('details'); d; d = d.parentElement.closest('details')) d.open = true;
      target.focus();
      target.scrollIntoView({block: 'center'});
    });
    if (!summary.hidden) summary.focus();

    // Without the script there are rows enough to begin with; with it one will do.
    for (const set of form.querySelectorAll('[data-rows]')) {
      const rows = [...set.querySelectorAll('.row')];
      while (rows.length > 1 && ![...rows.at(-1).querySelectorAll('input, select')].some(e => e.value) && !rows.at(-1).querySelector('.error')) rows.pop().remove();
      set.querySelector('input[type=hidden]').value = rows.length;
    }

    // one more row of a list
    form.addEventListener('click', ev => {
      const button = ev.target.closest('button[name=more]');
      if (!button) return;
      ev.preventDefault();
      const set = button.closest('[data-rows]');
      const rows = set.querySelectorAll('.row');
      const row = rows[rows.length - 1].cloneNode(true);
      const from = rows.length - 1, to = rows.length;
      const number = s => s.replace(new RegExp('([.-])' + from + '([.-])'), '$1' + to + '$2');
      for (const e of row.querySelectorAll('[id], [name], [for], [list]')) {
        for (const name of ['id', 'name', 'for', 'list']) if (e.hasAttribute(name)) e.setAttribute(name, number(e.getAttribute(name)));
        if ('value' in e && e.matches('input, select')) e.value = '';
        e.removeAttribute('aria-invalid');
        e.removeAttribute('aria-describedby');
      }
      row.querySelectorAll('.error').forEach(e => e.remove());
      row.querySelectorAll('.bad').forEach(e => e.classList.remove('bad'));
      button.before(row);
      set.querySelector('input[type=hidden]').value = to + 1;
      row.querySelector('input, select').focus();
    });
  }

  // a file dropped on the page's panel
  function drop(form) {
    const input = form.querySelector('input[type=file]');
    const over = on => form.classList.toggle('over-it', on);
    form.addEventListener('dragover', ev => { ev.preventDefault(); over(true); });
    form.addEventListener('dragleave', () => over(false));
    form.addEventListener('drop', ev => {
      ev.preventDefault();
      over(false);
      if (!ev.dataTransfer.files.length) return;
      input.files = ev.dataTransfer.files;
      form.requestSubmit();
    });
    // Anywhere else the browser would leave the page to show the file.
    for (const name of ['dragover', 'drop']) window.addEventListener(name, ev => ev.preventDefault());
  }

  // asks for the figures until everything that was sent is counted
  function follow(panel) {
    const pending = panel.querySelector('.pending');
    let asked = 0;
    const ask = async () => {
      let now;
      try {
        const answer = await fetch(panel.dataset.poll, {headers: {Accept: 'application/json'}});
        now = answer.ok && await answer.json();
      } catch { /* the network; it is asked again */ }
      if (now && !now.down) {
        for (const c of now.commitments || []) show(panel.querySelector('[data-key="' + CSS.escape(c.key) + '"]'), c);
        if (now.pending) {
          pending.textContent = now.pending_text;
        } else {
          pending.textContent = pending.dataset.counted;
          pending.classList.add('done');
          return;
        }
      }
      if (++asked < 40) setTimeout(ask, 1500);
    };
    const show = (li, c) => {
      if (!li) return;
      const put = (name, text) => {
        const e = li.querySelector('[data-is=' + name + ']');
        if (e && e.textContent !== text) { e.textContent = text; li.classList.add('moved'); }
      };
      put('actual', c.actual);
      put('percent', c.percent);
      put('needed', c.needed);
      const bar = li.querySelector('.bar');
      bar.setAttribute('width', c.fill);
      bar.setAttribute('class', 'bar s-' + c.status);
      const badge = li.querySelector('.badge');
      badge.className = 'badge s-' + c.status;
      badge.querySelector('use').setAttribute('href', '#i-' + (c.status === 'other' ? 'no_data' : c.status));
      badge.querySelector('[data-is=badge]').textContent = c.badge;
    };
    setTimeout(ask, 1000);
  }
})();

/** Words and numbers of the hover card. */
import type {ValueFormat} from './props';

type Properties = Record<string, unknown>;
type Words = {[property: string]: {[value: string]: string}};

/** Write a number as the format asks: grouped, at most three significant decimals. */
export function formatNumber(value: number, format: ValueFormat | undefined): string {
    const locale = format?.locale ?? (document.documentElement.lang || undefined);
    const small = Math.abs(value) < 100;
    const options = format?.options ?? (small ? {maximumSignificantDigits: 3} : {maximumFractionDigits: 0});
    return new Intl.NumberFormat(locale, options).format(value);
}

// What a page has to say of a feature by itself, such as how much time is left by now.
interface Page {
    dashGridMapFunctions?: {[name: string]: (properties: Properties) => string | null};
}

/**
 * Put properties into a template's braces; null where a property it needs is missing. Braces may
 * hold several joined by a slash, whose values together have a word, or a function of the page's
 * that is given them all: {timeLeft()}.
 */
export function fill(
    template: string,
    properties: Properties,
    format: ValueFormat | undefined,
    words: Words = {},
): string | null {
    let complete = true;
    const text = template.replace(/\{([^{}]+)\}/g, (_, name: string) => {
        if (name.endsWith('()')) {
            const said = (window as Page).dashGridMapFunctions?.[name.slice(0, -2)]?.(properties);
            complete = complete && Boolean(said);
            return said ?? '';
        }
        const values = name.split('/').map(each => properties[each]);
        if (values.some(value => value === undefined || value === null || value === '')) {
            complete = false;
            return '';
        }
        const last = values.at(-1);
        if (typeof last === 'number') {
            return formatNumber(last, format);
        }
        return words[name]?.[values.join('/')] ?? String(last);
    });
    return complete ? text : null;
}

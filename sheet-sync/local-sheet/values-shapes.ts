/** The queries and bodies of `spreadsheets.values`, as the API documents them; any other field is refused. */
import { z } from 'zod';
import { dataFilterSchema } from './ranges.ts';

const majorDimension = z.enum(['ROWS', 'COLUMNS']).default('ROWS');
const valueInputOption = z.enum(['RAW', 'USER_ENTERED'], {
	error: "'valueInputOption' is required but not specified: RAW or USER_ENTERED",
});
const valueRenderOption = z
	.enum(['FORMATTED_VALUE', 'UNFORMATTED_VALUE', 'FORMULA'])
	.default('FORMATTED_VALUE');
const dateTimeRenderOption = z.enum(['SERIAL_NUMBER', 'FORMATTED_STRING']).default('SERIAL_NUMBER');
const values = z.array(z.array(z.unknown())).default([]);
/** In a query, `true` and `false` are text. */
const flag = z
	.enum(['true', 'false', 'True', 'False'])
	.transform((text) => text.toLowerCase() === 'true')
	.optional();
/** Whether, and how, an answer to a write holds the values written. */
const responseOptions = {
	responseValueRenderOption: valueRenderOption,
	responseDateTimeRenderOption: dateTimeRenderOption,
};

/** How values are to be read: the query of get and batchGet, and part of the body of batchGetByDataFilter. */
export const readOptions = { majorDimension, valueRenderOption, dateTimeRenderOption };
export const valueRange = z.strictObject({ range: z.string().optional(), majorDimension, values });
export const updateQuery = z.strictObject({
	valueInputOption,
	includeValuesInResponse: flag,
	...responseOptions,
});
export const appendQuery = updateQuery.extend({
	insertDataOption: z.enum(['OVERWRITE', 'INSERT_ROWS']).default('OVERWRITE'),
});
export const batchUpdateBody = z.strictObject({
	valueInputOption,
	data: z.array(z.strictObject({ range: z.string(), majorDimension, values })).default([]),
	includeValuesInResponse: z.boolean().optional(),
	...responseOptions,
});
export const batchGetByFilterBody = z.strictObject({
	dataFilters: z.array(dataFilterSchema).default([]),
	...readOptions,
});
export const batchUpdateByFilterBody = z.strictObject({
	valueInputOption,
	data: z.array(z.strictObject({ dataFilter: dataFilterSchema, majorDimension, values })).default([]),
	includeValuesInResponse: z.boolean().optional(),
	...responseOptions,
});
export const batchClearBody = z.strictObject({ ranges: z.array(z.string()).default([]) });
export const batchClearByFilterBody = z.strictObject({ dataFilters: z.array(dataFilterSchema).default([]) });

/** How a write takes its values, and what its answer holds. */
export type WriteOptions = z.infer<typeof updateQuery>;

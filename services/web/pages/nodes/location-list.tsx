import type { paths } from '../../dist/api.d.ts';

export type LocationFacts =
	paths['/api/locations']['get']['responses'][200]['content']['application/json']['locations'][number];

/** The upload locations, what they take, who has them, and where two nodes disagree. */
export function LocationList({ locations }: { locations: readonly LocationFacts[] }) {
	return (
		<section class="card stack" aria-labelledby="locations">
			<h2 id="locations">Upload locations</h2>
			{locations
				.filter(({ disagreement }) => disagreement !== null)
				.map(({ name, disagreement }) => (
					<p key={name} class="notice bad" role="alert">
						{disagreement}.
					</p>
				))}
			{locations.length === 0 ? (
				<p class="quiet">No node has registered one yet.</p>
			) : (
				<div class="scrolled">
					<table class="list">
						<thead>
							<tr>
								<th scope="col">Name</th>
								<th scope="col">Kind</th>
								<th scope="col">Running nodes</th>
								<th scope="col">Waiting</th>
								<th scope="col">Takes</th>
								<th scope="col">Registered</th>
							</tr>
						</thead>
						<tbody>
							{locations.map((one) => (
								<tr key={one.name}>
									<td>{one.name || <i>the default</i>}</td>
									<td>{one.kind}</td>
									<td>{one.nodes.length > 0 ? one.nodes.join(', ') : <span class="gone">none</span>}</td>
									<td>{one.waiting}</td>
									<td>{limitsOf(one) || <span class="quiet">anything</span>}</td>
									<td class="quiet">
										by {one.registered_by}, {one.registered_at.slice(0, 16).replace('T', ' ')}
									</td>
								</tr>
							))}
						</tbody>
					</table>
				</div>
			)}
		</section>
	);
}

function limitsOf({ limits }: LocationFacts): string {
	const { title_max_characters: title, description_max_bytes: text, forbidden_characters: none } = limits;
	return [
		title !== undefined && `titles up to ${title} characters`,
		text !== undefined && `descriptions up to ${text} bytes`,
		none !== undefined && none !== '' && `no ${[...none].join(' ')}`,
	]
		.filter(Boolean)
		.join(', ');
}
